"""The Theatron server: capture, scene, render, encode, deliver, and the room that they serve."""

__version__ = "0.1.0"
