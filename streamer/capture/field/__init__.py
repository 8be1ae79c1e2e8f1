"""The synthetic operating field of the demo: relief, tissue and a moving instrument, in stereo."""
