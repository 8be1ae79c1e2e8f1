"""A panel from its calibration file, from van Berkel's numbers, and what is wrong with a file."""

import json
import math
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.lenticular import LenticularPanel
from calibration.looking_glass import CalibrationError, load_panel, panel_from_json
from streamer.render.pool import KernelPool
from streamer.render.weave import view_map
from tests.calibration.panels import PENTILE, calibration


def panel(**changes: Any) -> LenticularPanel:
    return panel_from_json(json.dumps(calibration(**changes)), "visual.json")


def test_every_field_is_read() -> None:
    read = panel(
        verticalAngle=-0.01,
        invView=0,
        flipImageX=1,
        flipImageY=1,
        flipSubp=1,
        CellPatternMode=4,
        subpixelCells=PENTILE,
    )
    assert read == LenticularPanel(
        size=(1536, 2048),
        pitch=52.57,
        slope=-7.2,
        center=0.5,
        dpi=324.0,
        view_cone_deg=40.0,
        inverted=False,
        vertical_angle_deg=-0.01,
        flip_x=True,
        flip_y=True,
        flip_subpixels=True,
        cell_pattern=4,
        cells=(
            ((-0.25, -0.2), (0.25, -0.2), (0.0, 0.3)),
            ((-0.25, 0.2), (0.25, 0.2), (0.0, -0.3)),
        ),
        serial="LKG-P-MADE-UP",
        config_version="1.0",
    )


def test_plain_numbers_a_byte_order_mark_and_missing_extras_are_fine(tmp_path: Path) -> None:
    short = {"pitch": 50, "slope": 5, "center": 0, "DPI": 300, "screenW": 40, "screenH": 30}
    file = tmp_path / "Kalibrierung für Gerät.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps({**short, "configVersion": 3.0}).encode())
    read = load_panel(file)
    assert read == LenticularPanel((40, 30), 50.0, 5.0, 0.0, 300.0, config_version="3")
    assert read.inverted
    flags = panel_from_json(json.dumps({**short, "invView": False, "flipImageX": {"value": True}}))
    assert (flags.inverted, flags.flip_x) == (False, True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pitch": math.nan}, "visual.json: pitch is NaN, but must be a finite number"),
        ({"slope": math.inf}, "slope is Infinity, but must be a finite number"),
        ({"pitch": 10**400}, "pitch is 1000"),
        ({"slope": 0}, "slope is 0.0, but must be other than 0"),
        ({"pitch": -52.57}, "pitch is -52.57, but must be from 0.1 to 10000"),
        ({"center": "0.5"}, 'center is "0.5", but must be a number'),
        ({"center": None}, "center is null, but must be a number"),
        ({"DPI": {"value": True}}, "DPI is true, but must be a number"),
        ({"DPI": {"wert": 324}}, 'DPI is {"wert": 324}, but must be a number or {"value": number}'),
        ({"DPI": 0}, "DPI is 0.0, but must be from 1"),
        ({"screenW": 1536.5}, "screenW is 1536.5, but must be a whole number from 1 to 16384"),
        ({"screenH": 0}, "screenH is 0.0"),
        ({"viewCone": 200}, "viewCone is 200.0, but must be from 1 to 179"),
        ({"invView": "yes"}, 'invView is "yes"'),
        ({"CellPatternMode": 5}, "CellPatternMode is 5.0, but must be a whole number from 0 to 4"),
        ({"subpixelCells": {"value": 3}}, "subpixelCells is 3, but must be a list"),
        ({"subpixelCells": [1]}, "subpixelCells is [1], but must be a list"),
        (
            {"subpixelCells": [PENTILE[0], {**PENTILE[1], "GOffsetY": math.nan}]},
            "subpixelCells[1]: GOffsetY is NaN",
        ),
        ({"subpixelCells": [{"ROffsetX": 0}]}, "subpixelCells[0] has no 'ROffsetY'"),
        ({"serial": ["LKG"]}, 'serial is ["LKG"]'),
    ],
    ids=str,
)
def test_a_wrong_field_is_quoted(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(CalibrationError, match=re.escape(expected)):
        panel(**changes)


@pytest.mark.parametrize("missing", ["pitch", "slope", "center", "DPI", "screenW", "screenH"])
def test_a_missing_field_is_named(missing: str) -> None:
    fields = calibration()
    del fields[missing]
    with pytest.raises(CalibrationError, match=f"has no field '{missing}'"):
        panel_from_json(json.dumps(fields))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is no JSON"),
        (b"{'pitch': 1}", "is no JSON"),
        (b"\xff\xfe{}", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[52.57]", r"holds \[52.57\], but a calibration is a JSON object"),
        (b"{}", "has no field"),
    ],
)
def test_what_is_no_calibration_at_all(tmp_path: Path, data: bytes, expected: str) -> None:
    file = tmp_path / "visual.json"
    file.write_bytes(data)
    with pytest.raises(CalibrationError, match=expected):
        load_panel(file)
    with pytest.raises(CalibrationError, match=r"none\.json cannot be read \(No such file"):
        load_panel(tmp_path / "none.json")


def test_directions_lie_evenly_in_the_cone() -> None:
    angles = [panel().angle_deg(view, 5) for view in range(5)]
    np.testing.assert_allclose(angles, [-16, -8, 0, 8, 16], atol=1e-12)


@given(
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.integers(1, 40),
    st.fractions(2, 30, max_denominator=50),
    st.fractions(-1, 1, max_denominator=20),
    st.fractions(-9, 9, max_denominator=10),
    st.booleans(),
)
def test_van_berkels_numbers_are_the_same_panel(
    size: tuple[int, int],
    views: int,
    subpixels_a_lens: Fraction,
    slant: Fraction,
    offset: Fraction,
    left_to_right: bool,
) -> None:
    """N of every subpixel, in exact fractions, against the view that the panel's lattice gives."""
    made = LenticularPanel.slanted(
        size, float(subpixels_a_lens), float(slant), float(offset), left_to_right=left_to_right
    )
    with KernelPool(1) as pool:
        chosen = view_map(made, views, size, pool)
    for row, x, i in np.ndindex(*chosen.shape):
        k = 3 * x + i
        number = (k + offset - 3 * row * slant) % subpixels_a_lens / subpixels_a_lens * views
        if abs(number - round(number)) < Fraction(1, 10**9):
            continue  # on the border between two views, where rounding decides
        view = math.floor(number)
        assert chosen[row, x, i] == (view if left_to_right else views - 1 - view)


def test_upright_lenses_and_impossible_ones() -> None:
    upright = LenticularPanel.slanted((9, 4), 9.0, 0.0)
    assert upright.slope == math.inf
    assert upright.lattice().lenses == pytest.approx(3)
    with pytest.raises(ValueError, match="positive number of subpixels, not 0"):
        LenticularPanel.slanted((9, 4), 0, 0.1)
    with pytest.raises(ValueError, match="must be finite, not nan"):
        LenticularPanel.slanted((9, 4), 9, math.nan)


def test_the_slope_of_a_calibration_is_van_berkels_slant() -> None:
    """The made-up Portrait described in van Berkel's words: X = 3W / lenses, tan a = 1 / slope."""
    portrait = panel()
    lattice = portrait.lattice()
    x = 3 * 1536 / lattice.lenses
    offset = 1.5 + 3 * (2048 - 0.5) / portrait.slope - portrait.center * x
    same = LenticularPanel.slanted((1536, 2048), x, 1 / portrait.slope, offset)
    with KernelPool(1) as pool:
        one, other = (view_map(p, 48, (1536, 2048), pool) for p in (portrait, same))
    assert np.mean(one != other) < 1e-6  # rounding at the borders of views
