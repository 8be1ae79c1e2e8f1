"""Measuring the rig, the displays and the latency: what is calibrated is written to plain files."""
