"""H.264 renditions, the keyframe broker, and the frame identity in the bitstream."""
