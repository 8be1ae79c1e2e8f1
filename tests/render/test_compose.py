"""The composer: what each mode shows where, and that sources are never written to."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.meshes import sphere
from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.compose import Composer
from streamer.render.layers import Layer, StereoLayer
from streamer.render.pictures import BACKGROUND_LUMA, NEUTRAL_CHROMA
from streamer.scene.model import PictureMode, Pose, Scene
from tests.render import naive
from tests.render.scenes import all_bytes, anatomy_of, noise_picture, packed_frame

EYE = (96, 64)
VIDEO, ANATOMY = PictureMode.VIDEO, PictureMode.ANATOMY
BESIDE, OVER = PictureMode.BESIDE, PictureMode.OVER


@pytest.fixture(scope="module")
def renderer() -> AnatomyRenderer:
    return AnatomyRenderer(anatomy_of(sphere(2_000)))


@pytest.fixture
def composer() -> Composer:
    return Composer(EYE)


def layer_for(composer: Composer, renderer: AnatomyRenderer, mode: PictureMode) -> StereoLayer:
    viewport = composer.viewport_for(mode)
    assert viewport is not None
    return renderer.render(Pose(shift=(0.1, 0.0)), viewport)


def eyes(picture: I420) -> tuple[I420, I420]:
    width, height = EYE
    return picture.crop(0, 0, width, height), picture.crop(width, 0, width, height)


def same(a: I420, b: I420) -> bool:
    return np.array_equal(all_bytes(a), all_bytes(b))


def is_background(picture: I420) -> bool:
    return bool(
        (picture.y == BACKGROUND_LUMA).all()
        and (picture.u == NEUTRAL_CHROMA).all()
        and (picture.v == NEUTRAL_CHROMA).all()
    )


def blended(below: I420, layer: Layer, weight: int) -> I420:
    """The naive twin of a whole picture's blend."""
    out = I420.empty(*below.size)
    planes = (
        (below.y, layer.picture.y, layer.alpha, out.y),
        (below.u, layer.picture.u, layer.alpha_half, out.u),
        (below.v, layer.picture.v, layer.alpha_half, out.v),
    )
    for under, colour, alpha, target in planes:
        for row, column in np.ndindex(target.shape):
            at = (row, column)
            target[at] = naive.blend(int(under[at]), int(colour[at]), int(alpha[at]), weight)
    return out


def test_video_alone_passes_through_as_the_same_object(
    composer: Composer, renderer: AnatomyRenderer
) -> None:
    frame = packed_frame(*EYE)
    assert composer.compose(frame, Scene(), None) is frame.packed
    assert composer.compose(frame, Scene(mode=OVER), None) is frame.packed
    layer = layer_for(composer, renderer, OVER)
    hidden = Scene(mode=OVER, anatomy_visible=False)
    assert composer.compose(frame, hidden, layer) is frame.packed


def test_separate_eyes_are_copied_left_first(composer: Composer) -> None:
    left, right = noise_picture(*EYE, 1), noise_picture(*EYE, 2)
    out = composer.compose(StereoFrame(FrameStamp(0, 0), left, right), Scene(), None)
    assert out.size == (2 * EYE[0], EYE[1])
    assert same(eyes(out)[0], left)
    assert same(eyes(out)[1], right)


def test_a_mono_source_is_shown_to_both_eyes(composer: Composer) -> None:
    only = noise_picture(*EYE)
    out = composer.compose(StereoFrame(FrameStamp(0, 0), only, only), Scene(), None)
    assert same(eyes(out)[0], only)
    assert same(eyes(out)[1], only)


def test_a_layer_whose_alpha_lies_otherwise_than_its_colours_is_refused(
    composer: Composer, renderer: AnatomyRenderer
) -> None:
    layer = layer_for(composer, renderer, OVER)
    left = replace(layer.left, alpha=layer.left.alpha.copy())
    with pytest.raises(ValueError, match="must lie alike"):
        composer.compose(packed_frame(*EYE), Scene(mode=OVER), replace(layer, left=left))


@pytest.mark.parametrize("opacity", [0.0, 0.35, 1.0])
def test_over_equals_the_naive_blend_in_both_eyes(
    composer: Composer, renderer: AnatomyRenderer, opacity: float
) -> None:
    frame, layer = packed_frame(*EYE), layer_for(composer, renderer, OVER)
    assert layer.left.alpha.any()
    assert layer.left.alpha.strides[0] > EYE[0], "a tile of a wider sheet"
    out = composer.compose(frame, Scene(mode=OVER, anatomy_opacity=opacity), layer)
    weight = round(256 * opacity)
    for picture, video, one in zip(
        eyes(out), (frame.left, frame.right), (layer.left, layer.right), strict=True
    ):
        assert same(picture, blended(video, one, weight))


def test_anatomy_stands_on_the_dark_background_at_full_strength(
    composer: Composer, renderer: AnatomyRenderer
) -> None:
    frame, layer = packed_frame(*EYE), layer_for(composer, renderer, ANATOMY)
    out = composer.compose(frame, Scene(mode=ANATOMY, anatomy_opacity=0.1), layer)
    dark = I420.empty(*EYE)
    dark.y[:], dark.u[:], dark.v[:] = BACKGROUND_LUMA, NEUTRAL_CHROMA, NEUTRAL_CHROMA
    for picture, one in zip(eyes(out), (layer.left, layer.right), strict=True):
        assert same(picture, blended(dark, one, 256))


def test_beside_shows_the_video_on_the_left_and_the_anatomy_on_the_right_of_each_eye(
    composer: Composer, renderer: AnatomyRenderer
) -> None:
    assert composer.viewport_for(BESIDE) == (48, 64)
    frame, layer = packed_frame(*EYE), layer_for(composer, renderer, BESIDE)
    out = composer.compose(frame, Scene(mode=BESIDE), layer)
    for picture, video, one in zip(
        eyes(out), (frame.left, frame.right), (layer.left, layer.right), strict=True
    ):
        # 96x64 fits 48x64 as 48x32, between bars of 16 rows.
        assert is_background(picture.crop(0, 0, 48, 16))
        assert is_background(picture.crop(0, 48, 48, 16))
        halved = video.y.reshape(32, 2, 48, 2).astype(float).mean(axis=(1, 3))
        assert np.abs(picture.crop(0, 16, 48, 32).y - halved).max() <= 1
        opaque = one.alpha == 255
        assert opaque.any()
        assert (picture.crop(48, 0, 48, 64).y[opaque] == one.picture.y[opaque]).all()


@pytest.mark.parametrize("mode", [ANATOMY, BESIDE])
def test_without_a_layer_the_anatomys_place_is_background_and_the_video_stays(
    composer: Composer, renderer: AnatomyRenderer, mode: PictureMode
) -> None:
    frame, layer = packed_frame(*EYE), layer_for(composer, renderer, mode)
    of_another_size = layer_for(composer, renderer, BESIDE if mode is ANATOMY else ANATOMY)
    shown = composer.compose(frame, Scene(mode=mode), layer)
    for scene, given in (
        (Scene(mode=mode), None),
        (Scene(mode=mode, anatomy_visible=False), layer),
        (Scene(mode=mode), of_another_size),
    ):
        out = composer.compose(frame, scene, given)
        for picture, before in zip(eyes(out), eyes(shown), strict=True):
            x = 48 if mode is BESIDE else 0
            assert is_background(picture.crop(x, 0, 96 - x, 64))
            if mode is BESIDE:
                assert same(picture.crop(0, 0, 48, 64), before.crop(0, 0, 48, 64))


def test_a_frame_of_another_size_is_fitted_between_bars(
    composer: Composer, renderer: AnatomyRenderer
) -> None:
    frame = packed_frame(64, 64)
    out = composer.compose(frame, Scene(), None)
    for picture, video in zip(eyes(out), (frame.left, frame.right), strict=True):
        assert is_background(picture.crop(0, 0, 16, 64))
        assert is_background(picture.crop(80, 0, 16, 64))
        assert same(picture.crop(16, 0, 64, 64), video)
    layer = layer_for(composer, renderer, OVER)
    over = composer.compose(frame, Scene(mode=OVER), layer)
    for picture, plain, one in zip(eyes(over), eyes(out), (layer.left, layer.right), strict=True):
        assert same(picture, blended(plain, one, 256))


def read_only(picture: I420) -> I420:
    """The same picture, its planes of a kind that a decoder gives: not to be written to."""
    planes: list[NDArray[np.uint8]] = []
    for plane in (picture.y, picture.u, picture.v):
        view = plane[:]
        view.flags.writeable = False
        planes.append(view)
    return I420(*planes)


@pytest.mark.parametrize("mode", list(PictureMode))
def test_the_sources_planes_are_never_written_to(
    composer: Composer, renderer: AnatomyRenderer, mode: PictureMode
) -> None:
    frame = packed_frame(*EYE)
    assert frame.packed is not None
    before = all_bytes(frame.packed).copy()
    viewport = composer.viewport_for(mode)
    layer = renderer.render(Pose(), viewport) if viewport else None
    guarded = StereoFrame(frame.stamp, read_only(frame.left), read_only(frame.right))
    out = composer.compose(guarded, Scene(mode=mode), layer)
    assert not np.shares_memory(out.y, frame.packed.y)
    assert np.array_equal(all_bytes(frame.packed), before)


def test_what_was_composed_stays_as_it_is(composer: Composer, renderer: AnatomyRenderer) -> None:
    layer = layer_for(composer, renderer, OVER)
    pictures = [
        composer.compose(packed_frame(*EYE, seed=n), Scene(mode=OVER), layer) for n in range(12)
    ]
    again = [
        composer.compose(packed_frame(*EYE, seed=n), Scene(mode=OVER), layer) for n in range(12)
    ]
    assert all(same(a, b) for a, b in zip(pictures, again, strict=True))
    assert not same(pictures[0], pictures[1])


def test_sizes_that_cannot_be_are_refused_and_odd_halves_are_made_even() -> None:
    for size in ((95, 64), (96, 63), (2, 2), (0, 64)):
        with pytest.raises(ValueError, match=f"{size[0]}x{size[1]}"):
            Composer(size)
    narrow = Composer((54, 64))  # half of it, 27, is odd
    assert narrow.viewport_for(BESIDE) == (26, 64)
    assert narrow.viewport_for(OVER) == narrow.viewport_for(ANATOMY) == (54, 64)
    assert narrow.viewport_for(VIDEO) is None
