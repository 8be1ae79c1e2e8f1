"""A calibration file as the tests use it: made up, in a Looking Glass Portrait's range."""

from typing import Any


def calibration(**changes: Any) -> dict[str, Any]:
    """The fields of a made-up unit; `changes` replace some (numbers are wrapped as in the file)."""
    numbers: dict[str, float] = {
        "pitch": 52.57,
        "slope": -7.2,
        "center": 0.5,
        "viewCone": 40.0,
        "invView": 1.0,
        "verticalAngle": 0.0,
        "DPI": 324.0,
        "screenW": 1536.0,
        "screenH": 2048.0,
        "flipImageX": 0.0,
        "flipImageY": 0.0,
        "flipSubp": 0.0,
        "CellPatternMode": 0.0,
    }
    wrapped: dict[str, Any] = {
        "configVersion": "1.0",
        "serial": "LKG-P-MADE-UP",
        "subpixelCells": [],
        **{name: {"value": value} for name, value in numbers.items()},
    }
    for name, value in changes.items():
        wrap = name in numbers and isinstance(value, int | float)
        wrapped[name] = {"value": value} if wrap else value
    return wrapped


def cell(*offsets: float) -> dict[str, float]:
    """A subpixel cell from the x and y of red, green and blue, in pixels."""
    names = [f"{channel}Offset{axis}" for channel in "RGB" for axis in "XY"]
    return dict(zip(names, offsets, strict=True))


# Red and green side by side on one row and blue above them, then the other way round: made up after
# the layouts of panels that need cells.
PENTILE = [cell(-0.25, -0.2, 0.25, -0.2, 0.0, 0.3), cell(-0.25, 0.2, 0.25, 0.2, 0.0, -0.3)]
