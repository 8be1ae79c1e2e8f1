"""Order, gaps, missing and duplicate slices, tilt; and that straightening keeps every place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from streamer.anatomy.geometry import (
    GapRun,
    MissingSlices,
    Stack,
    gap_runs,
    missing_slices,
    plane_name,
    stack_slices,
)
from streamer.anatomy.importer import findings
from streamer.anatomy.resample import plan_resample, straighten
from streamer.anatomy.volume import Volume
from tests.anatomy.made import Array, Scan, tilted

MARK = 7  # the value of a stack of ones, told apart from the air around


def stack_of(scan: Scan, order: NDArray[np.intp] | None = None) -> Stack:
    positions = scan.positions()
    tie = np.arange(len(positions))
    if order is not None:
        positions, tie = positions[order], tie[order]
    return stack_slices(positions, scan.orientation, tie)


def axial(depths: list[float]) -> Stack:
    return stack_of(Scan(depths=depths))


def test_slices_are_ordered_by_position_on_the_normal() -> None:
    scan = Scan(depths=[0, 1, 2, 3, 4])
    stack = stack_of(scan, np.array([3, 0, 4, 2, 1]))
    assert stack.order.tolist() == [1, 4, 3, 0, 2]
    assert stack.even
    assert stack.step_mm == pytest.approx(1)


def test_tilt_is_measured_with_its_direction() -> None:
    orientation, shear = tilted(18.5)
    tilt = stack_of(Scan(orientation=orientation, shear=shear)).tilt()
    assert tilt.degrees == pytest.approx(18.5)
    assert tilt.lean == "front edges towards the head"
    orientation, shear = tilted(-7)
    tilt = stack_of(Scan(orientation=orientation, shear=shear)).tilt()
    assert tilt.degrees == pytest.approx(7)
    assert tilt.lean == "back edges towards the head"


def test_an_oblique_stack_that_steps_along_its_normal_is_not_tilted() -> None:
    orientation, _ = tilted(25)
    stack = stack_of(Scan(orientation=orientation))
    assert stack.tilt().degrees < 1e-6
    assert not plan_resample(stack, (80, 84), (1, 1)).moves
    assert plane_name(stack.normal) == "axial, oblique by 25.0 degrees"


def test_uneven_gaps_are_told_as_runs() -> None:
    stack = axial([0, 4, 8, 9, 16, 23])
    assert not stack.even
    assert gap_runs(stack.gaps_mm) == (GapRun(4, 2), GapRun(1, 1), GapRun(7, 2))
    assert missing_slices(stack) == ()


def test_one_gap_a_little_wider_is_unevenness() -> None:
    assert not axial([0, 4, 8, 13]).even


def test_rounding_of_positions_is_not_unevenness() -> None:
    stack = axial([round(k * 0.625, 1) for k in range(40)])
    assert stack.even
    assert stack.step_mm == pytest.approx(0.625, abs=0.001)


@pytest.mark.parametrize(
    ("depths", "expected"),
    [
        ([0, 2, 4, 8, 10, 12], [MissingSlices(3, 1, 4, 8)]),
        ([0, 6, 8, 10, 12], [MissingSlices(1, 2, 0, 6)]),
        ([0, 2, 4, 6, 10], [MissingSlices(4, 1, 6, 10)]),
        ([0, 2, 6, 8, 12, 14, 16], [MissingSlices(2, 1, 2, 6), MissingSlices(4, 1, 8, 12)]),
        ([0, 5, 10, 15, 25, 35, 45], []),
        ([0, 2, 4, 6, 8], []),
    ],
)
def test_missing_slices_are_named(depths: list[float], expected: list[MissingSlices]) -> None:
    scan = Scan(depths=depths)
    found = missing_slices(stack_of(scan))
    assert [(gap.after, gap.count) for gap in found] == [(g.after, g.count) for g in expected]
    for gap, wanted in zip(found, expected, strict=True):
        assert (gap.from_mm, gap.to_mm) == pytest.approx((wanted.from_mm, wanted.to_mm))


def test_duplicates_are_dropped_and_the_first_acquired_stays() -> None:
    scan = Scan(depths=[0, 1, 1, 2, 3])
    tie = np.array([0, 5, 1, 2, 3])
    stack = stack_slices(scan.positions(), scan.orientation, tie)
    assert stack.duplicates == (1,)
    assert stack.order.tolist() == [0, 2, 3, 4]


def test_a_slice_that_was_moved_in_its_plane_is_found() -> None:
    scan = Scan(depths=[0, 1, 2, 3, 4, 5])
    positions = scan.positions()
    positions[3] += (6, 0, 0)
    stack = stack_slices(positions, scan.orientation, np.arange(6))
    assert stack.even
    assert stack.drift_mm() == pytest.approx(6)
    assert stack.lateral()[1] > 3


def test_findings_are_sentences() -> None:
    said = " ".join(findings(axial([0, 2, 4, 8, 10, 12])))
    assert "uneven" in said
    assert "1 slice(s) missing between slices 3 and 4 (at 4.0 and 8.0 mm)" in said


def test_an_even_series_keeps_its_voxels() -> None:
    scan = Scan(depths=[0, 2, 4, 6], shape=(5, 6))
    stack = stack_of(scan)
    slices = np.arange(120, dtype=np.int16).reshape(4, 5, 6)
    plan = plan_resample(stack, (5, 6), (1, 1))
    assert straighten(slices, stack, plan, (1, 1)) is slices


def test_one_missing_slice_leaves_all_others_as_they_are() -> None:
    scan = Scan(depths=[0, 2, 4, 8, 10], shape=(5, 6))
    stack = stack_of(scan)
    slices = np.random.default_rng(3).integers(-900, 900, (5, 5, 6), np.int16)
    plan = plan_resample(stack, (5, 6), (1, 1))
    straight = straighten(slices, stack, plan, (1, 1))
    assert plan.step_mm == pytest.approx(2)
    np.testing.assert_array_equal(straight[[0, 1, 2, 4, 5]], slices)
    between = (slices[2].astype(float) + slices[3]) / 2
    assert np.abs(straight[3] - between).max() <= 0.5


angles = st.floats(-np.pi, np.pi)


@settings(max_examples=40, deadline=None)
@given(
    turn=st.tuples(angles, angles, angles),
    tilt=st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
    pixel=st.tuples(st.floats(0.3, 1.5), st.floats(0.3, 1.5)),
    gaps=st.lists(st.floats(0.4, 7.0), min_size=3, max_size=9),
    centre=st.tuples(*[st.floats(-150, 150)] * 3),
    shuffle=st.randoms(use_true_random=False),
)
def test_every_place_stays_where_it_was(
    turn: tuple[float, float, float],
    tilt: tuple[float, float],
    pixel: tuple[float, float],
    gaps: list[float],
    centre: tuple[float, float, float],
    shuffle: object,
) -> None:
    """Pictures that show their own LPS coordinates still do so after straightening."""
    axes = Rotation.from_euler("xyz", turn).as_matrix()
    scan = Scan(
        depths=np.concatenate([[0], np.cumsum(gaps)]).tolist(),
        shape=(14, 12),
        pixel_mm=pixel,
        orientation=np.concatenate([axes[:, 0], axes[:, 1]]),
        centre=np.array(centre),
        shear=tilt,
    )
    order = np.arange(len(gaps) + 1)
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    stack = stack_of(scan, order)
    plan = plan_resample(stack, scan.shape, pixel)

    def straightened(slices: Array) -> Volume:
        stored = np.rint(slices)[order][stack.order].astype(np.int16)
        corner = np.array([plan.depths_mm[0], *plan.corner_mm])
        directions = np.stack([stack.normal, stack.column_dir, stack.row_dir], axis=1)
        T = np.eye(4)
        T[:3, :3] = directions * (plan.step_mm, *pixel)
        T[:3, 3] = directions @ corner
        hu = straighten(stored, stack, plan, pixel)
        return Volume(hu, (plan.step_mm, *pixel), T, max(gaps))

    marked = straightened(np.full((len(order), *scan.shape), MARK)).hu == MARK
    assert marked.any()
    index = np.argwhere(marked).astype(np.float64)
    for axis in range(3):
        volume = straightened(scan.sample(lambda points, a=axis: points[..., a] * 100))  # type: ignore[misc]
        shown_mm = volume.hu[marked] / 100
        assert np.abs(shown_mm - volume.lps_mm(index)[:, axis]).max() < 0.5 * min(*pixel, *gaps)
