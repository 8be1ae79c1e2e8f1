"""From a scene to pictures: numba kernels and their Python fronts."""
