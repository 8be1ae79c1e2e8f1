"""Readers of mesh files: each yields points and triangles as the file holds them."""
