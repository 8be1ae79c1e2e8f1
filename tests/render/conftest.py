"""Hypothesis without deadlines here: a kernel's first call may compile for seconds."""

from hypothesis import settings

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")
