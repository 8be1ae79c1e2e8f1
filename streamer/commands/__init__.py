"""The commands of `theatron`, one file each: they parse, call the rooms of the house, print."""
