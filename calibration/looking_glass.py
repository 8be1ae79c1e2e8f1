"""Reading a Looking Glass calibration file, field by field, with a sentence for what is wrong."""

import json
import math
from pathlib import Path
from typing import Any, Final

from calibration.lenticular import CELL_PATTERNS, Cell, LenticularPanel
from streamer.errors import TheatronError

CELL_FIELDS: Final = ("ROffsetX", "ROffsetY", "GOffsetX", "GOffsetY", "BOffsetX", "BOffsetY")
MAX_SIDE_PX: Final = 16384


class CalibrationError(TheatronError):
    """A panel's calibration file that cannot be read or does not make sense."""

    exit_code = 11


def load_panel(path: Path) -> LenticularPanel:
    """Read a calibration file.

    Raises:
        CalibrationError: it cannot be read, is no JSON, or lacks what a panel needs.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CalibrationError(
            f"The calibration {path} cannot be read ({error.strerror or error})."
            " Give the JSON file that the display's own software keeps or exports."
        ) from error
    return panel_from_json(data, path.name)


def panel_from_json(data: bytes | str, name: str = "calibration") -> LenticularPanel:
    """A panel from the text of a calibration file; `name` is for messages.

    Every field is a number or {"value": number}. pitch, slope, center, DPI, screenW and screenH
    must be there; what else is missing has its usual value.

    Raises:
        CalibrationError: it is no JSON, or lacks what a panel needs.
    """
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CalibrationError(
            f"{name} is no JSON ({error}). Give the calibration file of the display."
        ) from error
    if not isinstance(document, dict):
        raise CalibrationError(
            f"{name} holds {_quoted(document)}, but a calibration is a JSON object with the"
            " fields pitch, slope, center and so on."
        )
    return _Fields(document, name).panel()


class _Fields:
    """The fields of one calibration document, each a number or {"value": number}."""

    def __init__(self, document: dict[str, Any], name: str) -> None:
        self._document = document
        self._name = name

    def panel(self) -> LenticularPanel:
        return LenticularPanel(
            size=(self._whole("screenW", 1, MAX_SIDE_PX), self._whole("screenH", 1, MAX_SIDE_PX)),
            pitch=self._between("pitch", 0.1, 10_000),
            slope=self._slope(),
            center=self._between("center", -10_000, 10_000),
            dpi=self._between("DPI", 1, 10_000),
            view_cone_deg=self._between("viewCone", 1, 179, 40.0),
            inverted=self._flag("invView", True),
            vertical_angle_deg=self._between("verticalAngle", -180, 180, 0.0),
            flip_x=self._flag("flipImageX", False),
            flip_y=self._flag("flipImageY", False),
            flip_subpixels=self._flag("flipSubp", False),
            cell_pattern=self._whole("CellPatternMode", 0, len(CELL_PATTERNS) - 1, 0),
            cells=self._cells(),
            serial=self._text("serial"),
            config_version=self._text("configVersion"),
        )

    def _fail(self, field: str, value: object, expected: str) -> CalibrationError:
        return CalibrationError(
            f"{self._name}: {field} is {_quoted(value)}, but must be {expected}. Export the"
            " calibration again from the display's own software."
        )

    def _raw(self, field: str, default: object) -> object:
        if field not in self._document:
            if default is None:
                raise CalibrationError(
                    f"{self._name} has no field {field!r}; a calibration needs pitch, slope,"
                    " center, DPI, screenW and screenH. Give the display's own calibration file."
                )
            return default
        value = self._document[field]
        if isinstance(value, dict):
            if "value" not in value:
                raise self._fail(field, value, 'a number or {"value": number}')
            return value["value"]
        return value

    def _checked(self, field: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._fail(field, value, "a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._fail(field, value, "a finite number")
        return number

    def _number(self, field: str, default: float | None = None) -> float:
        return self._checked(field, self._raw(field, default))

    def _between(
        self, field: str, least: float, most: float, default: float | None = None
    ) -> float:
        number = self._number(field, default)
        if not least <= number <= most:
            raise self._fail(field, number, f"from {least:g} to {most:g}")
        return number

    def _slope(self) -> float:
        slope = self._between("slope", -1e6, 1e6)
        if abs(slope) < 0.01:
            raise self._fail("slope", slope, "other than 0: lenses do not lie flat")
        return slope

    def _whole(self, field: str, least: int, most: int, default: int | None = None) -> int:
        number = self._number(field, default)
        if number != int(number) or not least <= number <= most:
            raise self._fail(field, number, f"a whole number from {least} to {most}")
        return int(number)

    def _flag(self, field: str, default: bool) -> bool:
        value = self._raw(field, default)
        return value if isinstance(value, bool) else self._checked(field, value) >= 0.5

    def _text(self, field: str) -> str:
        value = self._raw(field, "")
        if isinstance(value, str):
            return "".join(c for c in value if c.isprintable())
        return f"{self._checked(field, value):g}"

    def _cells(self) -> tuple[Cell, ...]:
        listed = self._raw("subpixelCells", [])
        if not isinstance(listed, list) or not all(isinstance(cell, dict) for cell in listed):
            raise self._fail("subpixelCells", listed, "a list of objects with " + CELL_FIELDS[0])
        return tuple(self._cell(number, cell) for number, cell in enumerate(listed))

    def _cell(self, number: int, cell: dict[str, Any]) -> Cell:
        fields = _Fields(cell, f"{self._name}: subpixelCells[{number}]")
        for field in CELL_FIELDS:
            if field not in cell:
                raise CalibrationError(
                    f"{self._name}: subpixelCells[{number}] has no {field!r}; a cell needs"
                    f" {', '.join(CELL_FIELDS)}."
                )
        rx, ry, gx, gy, bx, by = (fields._number(field) for field in CELL_FIELDS)
        return (rx, ry), (gx, gy), (bx, by)


def _quoted(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
