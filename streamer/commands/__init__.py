"""The commands of `theatron`, one file each, thin: they parse, call the rooms of the house, print."""
