"""Light and the resolve of samples to planes, against formulas written out."""

import numpy as np
import pytest

from streamer.render.anatomy import _display_tones
from streamer.render.kernels import shade
from streamer.render.kernels.shade import light_vertices, resolve
from streamer.render.kernels.surface import Target
from tests.render import naive


def target(rows: int, columns: int) -> Target:
    half = (rows // 2, columns // 2)
    return Target(
        np.full((rows, columns), 77, np.uint8),
        np.full(half, 77, np.uint8),
        np.full(half, 77, np.uint8),
        np.full((rows, columns), 77, np.uint8),
        np.full(half, 77, np.uint8),
        np.full((rows, columns), 77, np.float32),
        np.full((rows // 2, 2), 77, np.int32),
    )


def key(depth: float, strength: float, gloss: float = 0.0, mesh: int = 0) -> int:
    look = round(strength / 1.25 * 4095) << 20 | round(gloss / 0.25 * 255) << 12 | mesh
    return int(np.float32(depth).view(np.uint32)) << 32 | look


COLOURS = np.array([[0.8, 0.4, 0.2, 1.0], [0.1, 0.2, 0.9, 0.5]], np.float32)


def resolved(keys: np.ndarray, same_surface: float = 0.01) -> Target:
    out = target(*keys.shape[:2])
    resolve(keys, COLOURS, _display_tones(), same_surface, out)
    return out


def test_nothing_is_black_and_transparent() -> None:
    out = resolved(np.zeros((4, 6, 4), np.uint64))
    assert (out.y == 16).all()
    assert (out.u == 128).all()
    assert (out.v == 128).all()
    assert not out.alpha.any()
    assert not out.alpha_half.any()
    assert not out.inverse_depth.any()
    assert (out.spans[:, 0] == out.spans[:, 1]).all()


@pytest.mark.parametrize("strength", [0.0, 0.2, 0.7, 1.0])
def test_a_full_pixel_has_its_colour_in_bt709_limited_range(strength: float) -> None:
    out = resolved(np.full((2, 2, 4), key(0.5, strength, 0.1), np.uint64))
    rgb = tuple(naive.srgb(c * strength + 0.1) for c in (0.8, 0.4, 0.2))
    y, u, v = naive.ycbcr((rgb[0], rgb[1], rgb[2]))
    assert (np.abs(out.y - y) <= 1.0).all()
    assert abs(out.u[0, 0] - u) <= 1.0
    assert abs(out.v[0, 0] - v) <= 1.0
    assert (out.alpha == 255).all()
    assert (out.alpha_half == 255).all()
    assert (out.inverse_depth == 0.5).all()


def test_coverage_is_the_share_of_samples_times_opacity() -> None:
    keys = np.zeros((2, 4, 4), np.uint64)
    keys[0, 2, :3] = key(0.5, 0.5)  # opaque
    keys[1, 3, 0] = key(0.5, 0.5, mesh=1)  # half opaque
    out = resolved(keys)
    assert out.alpha[0, 2] == round(255 * 3 / 4)
    assert out.alpha[1, 3] == round(255 * 0.5 / 4)
    assert out.alpha_half[0, 1] == round(255 * (3 / 4 + 0.5 / 4) / 4)
    assert out.alpha_half[0, 0] == 0
    assert out.spans.tolist() == [[2, 4]]


def test_depth_is_the_mean_on_one_surface_and_the_nearest_at_an_edge() -> None:
    keys = np.zeros((2, 2, 4), np.uint64)
    keys[0, 0] = [key(w, 0.5) for w in (0.500, 0.501, 0.502, 0.501)]
    keys[1, 1] = [key(w, 0.5) for w in (0.5, 0.2, 0.2, 0.2)]
    out = resolved(keys)
    assert out.inverse_depth[0, 0] == pytest.approx(0.501, abs=1e-6)
    assert out.inverse_depth[1, 1] == pytest.approx(0.5)


def test_white_and_black_stay_within_limited_range() -> None:
    keys = np.zeros((2, 4, 4), np.uint64)
    keys[:, :2] = key(1.0, 1.25, 0.25)
    keys[:, 2:] = key(1.0, 0.0)
    white = np.array([[1.0, 1.0, 1.0, 1.0]], np.float32)
    out = target(2, 4)
    resolve(keys, white, _display_tones(), 0.01, out)
    assert out.y[0].tolist() == [235, 235, 16, 16]


def lit(normal: tuple[float, float, float], point: tuple[float, float, float]) -> np.ndarray:
    out = np.empty((1, 4), np.float32)
    points, normals = np.array([point], np.float32), np.array([normal], np.float32)
    light_vertices(points, normals, np.eye(4), 0, 1, out)
    row: np.ndarray = out[0]
    return row


def test_light_comes_from_the_viewers_side_above_left() -> None:
    at = (0.0, 0.0, 300.0)
    towards = lit((0.0, 0.0, -1.0), at)
    assert towards[0] > lit((0.7, 0.0, -0.7), at)[0]
    assert lit((-0.5, -0.5, -0.7), at)[0] > lit((0.5, 0.5, -0.7), at)[0]
    assert lit(shade.LIGHT, at)[0] == pytest.approx(
        shade.AMBIENT + shade.DIFFUSE - shade.AMBIENT_FROM_ABOVE * shade.LIGHT[1], abs=1e-4
    )


def test_the_back_is_the_front_turned_over_and_length_does_not_matter() -> None:
    at = (20.0, -30.0, 300.0)
    front, turned = lit((0.3, 0.2, -0.9), at), lit((-3.0, -2.0, 9.0), at)
    np.testing.assert_allclose(front[:2], turned[2:], atol=1e-6)
    np.testing.assert_allclose(front[2:], turned[:2], atol=1e-6)


def test_gloss_peaks_half_way_between_light_and_eye() -> None:
    at = (0.0, 0.0, 300.0)
    half = np.array(shade.LIGHT) + np.array([0.0, 0.0, -1.0])
    half /= np.linalg.norm(half)
    assert lit((half[0], half[1], half[2]), at)[1] == pytest.approx(shade.GLOSS, abs=1e-4)
    assert lit((0.9, 0.3, -0.3), at)[1] < 0.01 * shade.GLOSS


def test_a_normal_of_length_zero_gets_the_light_from_all_around() -> None:
    np.testing.assert_allclose(
        lit((0.0, 0.0, 0.0), (0.0, 0.0, 9.0)), (shade.AMBIENT, 0, shade.AMBIENT, 0), atol=1e-6
    )
