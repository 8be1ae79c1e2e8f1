"""From a CT series or a mesh file to meshes in patient space (LPS, millimetres)."""
