"""Poses as JSON files: how the anatomy is held, as `streamer.scene.model.Pose` says it."""

import json
import math
from pathlib import Path
from typing import Any, Final

from streamer.errors import TheatronError
from streamer.scene.model import Pose

EXAMPLE: Final = '{"rotation": [0, 0, 0, 1], "shift": [0, 0], "zoom": 1}'
MAX_ZOOM: Final = 100.0
MAX_SHIFT: Final = 10.0  # pictures


class PoseFileError(TheatronError):
    """A pose file that cannot be read, or values in it that are no pose."""

    exit_code = 17


def read_pose(path: Path) -> Pose:
    """The pose in the JSON file at `path`.

    An object of `rotation`, a quaternion (x, y, z, w) of any length but 0, `shift`, two fractions
    of the picture's width and height, and `zoom`; each may be left out.

    Raises:
        PoseFileError: the file cannot be read, is no such object, or a value is out of range.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PoseFileError(
            f"{path} cannot be read ({error.strerror or error}); give a JSON file such as {EXAMPLE}"
        ) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise PoseFileError(f"{path} is no JSON ({error}); a pose is written {EXAMPLE}") from error
    if not isinstance(given, dict):
        raise PoseFileError(f"{path} holds {_quoted(given)}; a pose is an object such as {EXAMPLE}")
    unknown = sorted(given.keys() - {"rotation", "shift", "zoom"})
    if unknown:
        raise PoseFileError(
            f"{path}: {_quoted(unknown[0])} is no part of a pose; it has rotation, shift and zoom,"
            f" as in {EXAMPLE}"
        )
    x, y, z, w = _numbers(path, given, "rotation", (0.0, 0.0, 0.0, 1.0))
    length = math.hypot(x, y, z, w)
    if not 1e-6 < length < 1e6:
        raise PoseFileError(
            f"{path}: rotation {_quoted(given['rotation'])} has no direction; give a unit"
            " quaternion (x, y, z, w), such as [0, 0, 0, 1] for none"
        )
    right, down = _numbers(path, given, "shift", (0.0, 0.0))
    if max(abs(right), abs(down)) > MAX_SHIFT:
        raise PoseFileError(
            f"{path}: shift {_quoted(given['shift'])} is far outside the picture; it is in"
            " fractions of the picture's width and height, such as [0.1, -0.2]"
        )
    (zoom,) = _numbers(path, given, "zoom", (1.0,))
    if not 1 / MAX_ZOOM <= zoom <= MAX_ZOOM:
        raise PoseFileError(
            f"{path}: zoom {_quoted(given['zoom'])} is not between {1 / MAX_ZOOM:g} and"
            f" {MAX_ZOOM:g}; 1 shows all of the anatomy"
        )
    return Pose((x / length, y / length, z / length, w / length), (right, down), zoom)


def _numbers(
    path: Path, given: dict[str, Any], name: str, default: tuple[float, ...]
) -> tuple[float, ...]:
    """As many finite numbers as `default` has; one alone stands for itself."""
    if name not in given:
        return default
    value = given[name]
    parts = value if len(default) > 1 else [value]
    if (
        not isinstance(parts, list)
        or len(parts) != len(default)
        or any(isinstance(part, bool) or not isinstance(part, int | float) for part in parts)
        or not all(abs(part) <= 1e300 for part in parts)
    ):
        many = f"{len(default)} finite numbers" if len(default) > 1 else "a finite number"
        raise PoseFileError(f"{path}: {name} {_quoted(value)} is not {many}; write it as {EXAMPLE}")
    return tuple(float(part) for part in parts)


def _quoted(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
