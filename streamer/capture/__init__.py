"""Sources and layouts: everything that yields stereo frames with an identity."""
