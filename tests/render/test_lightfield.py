"""The quilt of a room: what each mode shows where, and one depth for video and anatomy."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.camera import CameraRow
from streamer.render.disparity import DisparityMap
from streamer.render.drawing import States
from streamer.render.layers import Sheet
from streamer.render.lightfield import QuiltComposer
from streamer.render.meeting import disparity_line
from streamer.render.pictures import BACKGROUND_LUMA
from streamer.render.quilt import Quilt
from streamer.scene.model import PictureMode, Pose, Scene
from tests.render.scenes import all_bytes, anatomy_of, square

WIDTH, HEIGHT = TILE = (96, 128)
QUILT = Quilt(4, 2, TILE, 0.75)
VIEWS = range(QUILT.views)
DARK, BAR_AT = 60, 48.0
CONE_DEG = 35.0
# The anatomy stands in the upper half of each view, the video's bar in the lower one.
RAISED = Pose(shift=(0.0, -0.2), zoom=0.6)
OVER = Scene(mode=PictureMode.OVER, pose=RAISED)
ALONE = Scene(mode=PictureMode.ANATOMY, pose=RAISED)
BESIDE = Scene(mode=PictureMode.BESIDE)
UPPER, LOWER = slice(0, 64), slice(80, 128)


class Counting(AnatomyRenderer):
    """Counts what it draws."""

    draws = 0

    def draw(
        self,
        camera: CameraRow,
        grid: tuple[int, int] | None = None,
        states: States | None = None,
        into: Sheet | None = None,
    ) -> Sheet:
        self.draws += 1
        return super().draw(camera, grid, states, into)


@pytest.fixture(scope="module")
def renderer() -> Iterator[Counting]:
    """A bright square that stands before the screen; specks before and behind set the scale."""
    specks = square(1, -60, name="before"), square(1, 60, name="behind")
    made = Counting(anatomy_of(square(70, -50, (1.0, 1.0, 1.0)), *specks))
    yield made
    made.close()


@pytest.fixture
def composer(renderer: Counting) -> Iterator[QuiltComposer]:
    made = QuiltComposer(QUILT, renderer, CONE_DEG)
    yield made
    made.close()


def eye(bar_at: float) -> I420:
    """Dark with some texture, and in its lower half a soft bright bar."""
    picture = I420.empty(*TILE)
    picture.y[:], picture.u[:], picture.v[:] = DARK, 120, 130
    bar = 150 * np.exp(-(((np.arange(WIDTH) - bar_at) / 5) ** 2))
    picture.y[LOWER] += np.round(bar).astype(np.uint8)
    return picture


def video(disparity_px: float) -> tuple[StereoFrame, DisparityMap]:
    """A frame all of which lies at one disparity, and its map."""
    pair = eye(BAR_AT), eye(BAR_AT - disparity_px)
    return StereoFrame(FrameStamp(0, 0), *pair), DisparityMap.plane(WIDTH, HEIGHT, disparity_px)


def disparity_of(renderer: AnatomyRenderer, pose: Pose = RAISED) -> float:
    """That of the square, between the pair's eyes, in pixels of a tile."""
    camera = renderer.camera(pose, TILE)
    slope, at_infinity = disparity_line(camera)
    _, _, w = camera.project(np.array([[0.0, -50.0, 0.0]]))
    return float(slope * w[0] + at_infinity)


def centres(quilt: I420, rows: slice, ground: int = DARK) -> NDArray[np.float64]:
    """In each view, the column about which what is brighter than the ground lies."""
    found = []
    for tile in QUILT.tiles(quilt):
        bright = np.clip(tile.y[rows].astype(int) - ground - 8, 0, None).sum(axis=0)
        assert bright.sum() > 500, "nothing bright there"
        found.append(np.average(np.arange(WIDTH), weights=bright))
    return np.array(found)


def same(a: I420, b: I420) -> bool:
    return np.array_equal(all_bytes(a), all_bytes(b))


def test_video_and_anatomy_of_one_depth_move_alike_from_the_bottom_left_to_the_top_right(
    composer: QuiltComposer, renderer: Counting
) -> None:
    d = disparity_of(renderer)
    assert d > 0.3, "the square is not before the screen"
    frame, depth = video(d)
    quilt = composer.compose(frame, OVER, depth)
    bar, anatomy = centres(quilt, LOWER), centres(quilt, UPPER)
    for moved in (bar, anatomy):
        # Before the screen: to the left, as the eye goes to the right.
        assert (np.diff(moved) < 0).all(), moved
        assert moved[0] - moved[-1] == pytest.approx(min(0.025 * WIDTH, 3 * d), abs=0.3)
    assert np.ptp(anatomy - bar) < 0.3
    # View 0 is the bottom-left tile, whatever `Quilt` says.
    bottom_left = quilt.crop(0, HEIGHT, *TILE).y[LOWER].astype(int).sum(axis=0) - 48 * DARK
    top_right = quilt.crop(3 * WIDTH, 0, *TILE).y[LOWER].astype(int).sum(axis=0) - 48 * DARK
    columns = np.arange(WIDTH)
    assert np.average(columns, weights=bottom_left) > np.average(columns, weights=top_right) + 0.5


def test_what_lies_behind_the_screen_moves_the_other_way(composer: QuiltComposer) -> None:
    frame, depth = video(-3.0)
    bar = centres(composer.compose(frame, Scene(), depth), LOWER)
    assert (np.diff(bar) > 0).all(), bar


def test_video_alone_has_nothing_of_the_anatomy(composer: QuiltComposer) -> None:
    frame, depth = video(2.0)
    alone = composer.compose(frame, Scene(), depth)
    assert max(int(tile.y[UPPER].max()) for tile in QUILT.tiles(alone)) <= DARK + 1
    hidden = composer.compose(frame, OVER.with_(anatomy_visible=False), depth)
    through = composer.compose(frame, OVER.with_(anatomy_opacity=0.0), depth)
    assert same(alone, hidden)
    assert same(alone, through)


def test_opacity_mixes_video_and_anatomy(composer: QuiltComposer) -> None:
    frame, depth = video(2.0)
    luma = [
        composer.compose(frame, OVER.with_(anatomy_opacity=share), depth).y.astype(int)
        for share in (0.0, 0.5, 1.0)
    ]
    assert np.abs(luma[2] - luma[0]).max() > 60
    assert np.abs(luma[1] - (luma[0] + luma[2]) / 2).max() <= 2


def test_anatomy_alone_stands_over_the_cone_on_a_plain_ground(
    composer: QuiltComposer, renderer: Counting
) -> None:
    frame, depth = video(2.0)
    quilt = composer.compose(frame, ALONE, depth)
    camera = renderer.cone(RAISED, TILE, QUILT.views, CONE_DEG)
    x, _, _ = camera.project(np.array([[0.0, -50.0, 0.0]]))
    found = centres(quilt, UPPER, BACKGROUND_LUMA)
    assert np.abs(found + 0.5 - x[0]).max() < 0.5
    assert found[0] - found[-1] > 5
    for tile in QUILT.tiles(quilt):
        assert (tile.y[LOWER] == BACKGROUND_LUMA).all(), "the video is seen"
    nothing = composer.compose(frame, ALONE.with_(anatomy_visible=False), depth)
    assert (nothing.y == BACKGROUND_LUMA).all()
    assert (nothing.u == 128).all()


def test_beside_each_view_has_video_on_the_left_and_anatomy_on_the_right(
    composer: QuiltComposer,
) -> None:
    frame, depth = video(2.0)
    quilt = composer.compose(frame, BESIDE, depth)
    lefts, rights = [], []
    for tile in QUILT.tiles(quilt):
        left, right = tile.crop(0, 0, 48, HEIGHT), tile.crop(48, 0, 48, HEIGHT)
        assert (left.y[:32] == 16).all(), "no bar above the video"
        assert (left.y[-32:] == 16).all(), "no bar below the video"
        middle = left.y[32:96]
        assert abs(int(middle[4, 24]) - DARK) <= 1
        bar = middle[44:60].astype(int).sum(axis=0) - 16 * DARK
        lefts.append(np.average(np.arange(48), weights=np.clip(bar, 0, None)))
        assert (right.y[:16] == BACKGROUND_LUMA).all()
        bright = right.y.astype(int) - BACKGROUND_LUMA
        assert bright.max() > 100
        rights.append(np.average(np.arange(48), weights=bright.sum(axis=0)))
    assert (np.diff(lefts) < 0).all()
    assert (np.diff(rights) < 0).all()
    nothing = composer.compose(frame, BESIDE.with_(anatomy_visible=False), depth)
    for tile, before in zip(QUILT.tiles(nothing), QUILT.tiles(quilt), strict=True):
        assert (tile.y[:, 48:] == BACKGROUND_LUMA).all()
        assert np.array_equal(tile.y[:, :48], before.y[:, :48])


def test_without_a_renderer_there_is_no_anatomy() -> None:
    composer = QuiltComposer(QUILT, None, CONE_DEG)
    frame, depth = video(2.0)
    assert same(composer.compose(frame, OVER, depth), composer.compose(frame, Scene(), depth))
    assert (composer.compose(frame, ALONE, depth).y == BACKGROUND_LUMA).all()
    composer.close()


def test_mono_video_is_a_plane_at_its_depth(composer: QuiltComposer) -> None:
    only = eye(BAR_AT)
    frame = StereoFrame(FrameStamp(0, 0), only, only)
    for d in (4.0, -4.0):
        bar = centres(composer.compose(frame, Scene(), DisparityMap.plane(WIDTH, HEIGHT, d)), LOWER)
        assert bar[0] - bar[-1] == pytest.approx(np.sign(d) * 0.025 * WIDTH, abs=0.3)
        assert bar.mean() == pytest.approx(BAR_AT - d / 2, abs=0.3)
    flat = composer.compose(frame, Scene(), DisparityMap.plane(WIDTH, HEIGHT, 0.0))
    assert all(same(tile, only) for tile in QUILT.tiles(flat))


def test_the_views_span_follows_the_depth_only_when_it_must(composer: QuiltComposer) -> None:
    # The disparity from the first view to the last over that between the cameras is the span.
    spans = []
    for d in (2.0, 2.1, 2.5, 2.0, 1.5):
        frame, depth = video(d)
        bar = centres(composer.compose(frame, Scene(), depth), LOWER)
        spans.append((bar[0] - bar[-1]) / d)
    wanted = [1.2, 1.2, 0.96, 0.96, 1.6]  # 2.4 pixels are 2.5 % of 96
    assert spans == pytest.approx(wanted, abs=0.1)


def test_anatomy_is_drawn_anew_only_when_something_changes(
    composer: QuiltComposer, renderer: Counting
) -> None:
    frame, depth = video(2.0)
    turned = Pose(rotation=(0.0, 0.6, 0.0, 0.8))

    def draws(scene: Scene, frame: StereoFrame = frame, depth: DisparityMap = depth) -> int:
        before = renderer.draws
        composer.compose(frame, scene, depth)
        return renderer.draws - before

    assert draws(OVER) == 1
    assert draws(OVER) == 0
    assert draws(OVER, *video(2.1)) == 0, "the views stand where they stood"
    assert draws(OVER.with_(anatomy_opacity=0.3, hide_behind=True)) == 0
    assert draws(OVER, *video(6.0)) == 1, "the views have come together"
    assert draws(OVER.with_(pose=turned), *video(6.0)) == 1
    assert draws(Scene(mode=PictureMode.BESIDE, pose=turned)) == 1
    assert draws(Scene(mode=PictureMode.ANATOMY, pose=turned)) == 1
    assert draws(Scene(pose=RAISED)) == 0, "video alone needs none"


def test_anatomy_alone_that_stands_still_is_the_same_picture(composer: QuiltComposer) -> None:
    frame, depth = video(2.0)
    first = composer.compose(frame, ALONE, depth)
    kept = all_bytes(first).copy()
    other_frame, other_depth = video(5.0)
    assert composer.compose(other_frame, ALONE, other_depth) is first
    moved = composer.compose(frame, ALONE.with_(pose=Pose()), depth)
    assert moved is not first
    assert not same(moved, first)
    over = composer.compose(frame, OVER, depth)
    assert over is not composer.compose(frame, OVER, depth)
    again = composer.compose(frame, ALONE, depth)
    assert same(again, first)
    hidden = composer.compose(frame, ALONE.with_(anatomy_visible=False), depth)
    assert not same(hidden, again)
    assert np.array_equal(all_bytes(first), kept), "a picture that was handed out has changed"


def test_tissue_hides_the_anatomy_behind_it_in_every_view(
    composer: QuiltComposer, renderer: Counting
) -> None:
    d = disparity_of(renderer)
    hiding = OVER.with_(hide_behind=True)
    frame, near = video(d + 2)
    assert same(composer.compose(frame, hiding, near), composer.compose(frame, Scene(), near))
    assert not same(composer.compose(frame, OVER, near), composer.compose(frame, Scene(), near))
    frame, far = video(d - 2)
    assert same(composer.compose(frame, hiding, far), composer.compose(frame, OVER, far))


def test_tissue_cuts_the_anatomy_where_it_comes_nearer(
    composer: QuiltComposer, renderer: Counting
) -> None:
    d = disparity_of(renderer)
    picture = eye(-100.0)  # without a bar: its pictures shift unseen
    frame = StereoFrame(FrameStamp(0, 0), picture, picture.crop(0, 0, *TILE))
    px = np.full((HEIGHT, WIDTH), d - 2, np.float32)
    px[:, : WIDTH // 2] = d + 2
    depth = DisparityMap(px, np.full(px.shape, 255, np.uint8), WIDTH)
    whole = composer.compose(frame, OVER, depth)
    cut = composer.compose(frame, OVER.with_(hide_behind=True), depth)
    for view, tile, all_of_it in zip(VIEWS, QUILT.tiles(cut), QUILT.tiles(whole), strict=True):
        seen, bright = tile.y[UPPER] > DARK + 8, all_of_it.y[UPPER] > DARK + 8
        # The edge of what is nearer moves with its own disparity.
        edge = WIDTH / 2 - (d + 2) * 1.0 * view / QUILT.views
        assert not seen[:, : int(edge) - 4].any()
        assert bright[:, : int(edge) - 4].any()
        right = slice(WIDTH // 2 + 5, None)
        assert np.array_equal(seen[:, right], bright[:, right])
        assert seen[:, right].any()
