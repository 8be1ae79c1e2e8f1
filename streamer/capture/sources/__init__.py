"""Where pictures come from: devices, files, network streams and a synthetic operation."""
