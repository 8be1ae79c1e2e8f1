"""Every message between the pages and the server, defined once; TypeScript types come from here.

Messages are JSON, tagged by `type`, camelCase on the wire. What must arrive goes over the
WebSocket; what may be lost (`Ping`, `Pong`, `Pointer`) over an unordered data channel.
Times named `...Ms` are Unix milliseconds on the server's capture clock.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_MESSAGE_BYTES = 64 * 1024
MAX_POINTS_PER_MESSAGE = 256
MAX_POINTS_PER_STROKE = 4096
MAX_STROKES = 500
MAX_TEXT_CHARS = 200

Unit = Annotated[float, Meta(ge=-0.5, le=1.5)]
Point = tuple[Unit, Unit]
Points = Annotated[list[Point], Meta(min_length=1, max_length=MAX_POINTS_PER_MESSAGE)]
StrokeId = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,40}$")]
Colour = Annotated[str, Meta(pattern="^#[0-9a-f]{6}$")]
Quaternion = tuple[float, float, float, float]

Tool = Literal["pen", "arrow", "circle", "text"]
Role = Literal["instructor", "student"]
# `quilt:8x6` names its grid, columns and rows.
RenditionName = Annotated[str, Meta(pattern=r"^(mono|stereo|stereo\+depth|quilt:\d{1,2}x\d{1,2})$")]
ViewSetKind = Literal["mono", "stereo", "quilt", "stereo+depth"]
Mode = Literal["video", "anatomy", "beside", "over"]


class Wire(Struct, rename="camel", frozen=True, omit_defaults=False):
    """Base of all wire structs: immutable, camelCase."""


# ---------------------------------------------------------------- values


class Stroke(Wire, frozen=True):
    """One drawn thing, tied to the frame on which it was drawn.

    `points` are normalised coordinates of the left view (0,0 top left of the picture; 1,1 bottom
    right). pen: the path; arrow: tail, tip; circle: centre, a point on the rim (round in pixels);
    text: one point, the text's left end on its base line. `width` is a fraction of the picture's
    width (line width; for text, its height). The right eye sees every point at x - `disparity`.
    """

    id: str
    tool: Tool
    colour: str
    width: float
    frame_id: int
    captured_ms: float
    points: list[Point]
    text: str = ""
    disparity: float = 0.0
    done: bool = False


class PoseState(Wire, frozen=True):
    """The anatomy's pose; see `streamer.scene.model.Pose`."""

    rotation: Quaternion = (0.0, 0.0, 0.0, 1.0)
    shift: tuple[float, float] = (0.0, 0.0)
    zoom: float = 1.0


class SceneState(Wire, frozen=True):
    """What the picture shows. `has_anatomy` tells the instructor's page whether there is any.

    With `hide_behind`, over the video, tissue hides the anatomy that lies behind it.
    """

    mode: Mode = "video"
    anatomy_visible: bool = True
    anatomy_opacity: float = 1.0
    hide_behind: bool = False
    pose: PoseState = PoseState()
    has_anatomy: bool = False


class Anchor(Wire, frozen=True):
    """One frame's identity: from it and the RTP timestamp's low six bits a page finds any frame's.

    `ticks_per_frame` is the source's rate in 90 kHz ticks a frame.
    """

    frame_id: int
    rtp_timestamp: int
    captured_ms: float
    ticks_per_frame: float


class RenditionInfo(Wire, frozen=True):
    """A rendition on offer: its view set and coded size in pixels.

    Views lie as tiles from the picture's top left corner on: `stereo` and `stereo+depth` have the
    left one and right of it the right one; a `quilt` has its leftmost view at the bottom left and
    the last at the top right. Below the pair, `stereo+depth` holds the left view's disparity
    (docs/light-field.md).
    """

    name: RenditionName
    width: int
    height: int
    kind: ViewSetKind
    columns: int
    rows: int
    tile_width: int
    tile_height: int


class SourceInfo(Wire, frozen=True):
    """How the source does: `state` is live, connecting, slate (failed, being retried) or ended."""

    state: Literal["live", "connecting", "slate", "ended"]
    reason: str = ""


# ---------------------------------------------------------------- page to server


class Hello(Wire, frozen=True, tag="hello"):
    """The first message on a socket; anything else first closes it."""

    token: Annotated[str, Meta(max_length=200)]


class Offer(Wire, frozen=True, tag="offer"):
    """An SDP offer (one recvonly video, one data channel) for a rendition."""

    sdp: Annotated[str, Meta(max_length=60_000)]
    rendition: RenditionName = "stereo"


class Select(Wire, frozen=True, tag="select"):
    """Switch this viewer to another rendition, at its next keyframe."""

    rendition: RenditionName


class StrokeBegin(Wire, frozen=True, tag="strokeBegin"):
    """Begin a stroke on a frame (instructor only); `done` true where one message says it all."""

    id: StrokeId
    tool: Tool
    colour: Colour
    width: Annotated[float, Meta(gt=0, le=0.2)]
    frame_id: Annotated[int, Meta(ge=0)]
    points: Points
    text: Annotated[str, Meta(max_length=MAX_TEXT_CHARS)] = ""
    done: bool = False


class StrokeExtend(Wire, frozen=True, tag="strokeExtend"):
    """Add points to a pen stroke; for arrow and circle, replace the second point."""

    id: StrokeId
    points: Points


class StrokeEnd(Wire, frozen=True, tag="strokeEnd"):
    """The pen was lifted."""

    id: StrokeId


class Undo(Wire, frozen=True, tag="undo"):
    """Remove the newest stroke (instructor only)."""


class Clear(Wire, frozen=True, tag="clear"):
    """Remove all strokes (instructor only)."""


class SceneSet(Wire, frozen=True, tag="sceneSet"):
    """Change what is named, leave the rest (instructor only)."""

    mode: Mode | None = None
    anatomy_visible: bool | None = None
    anatomy_opacity: Annotated[float, Meta(ge=0, le=1)] | None = None
    hide_behind: bool | None = None
    pose: PoseState | None = None


class Ping(Wire, frozen=True, tag="ping"):
    """Clock probe: `sent_ms` is the page's own clock, given back in `Pong`."""

    sent_ms: float


class Pointer(Wire, frozen=True, tag="pointer"):
    """The laser pointer in left-view coordinates; from the instructor, relayed to all."""

    x: Unit
    y: Unit
    on: bool
    frame_id: Annotated[int, Meta(ge=0)]
    disparity: float = 0.0


ClientMessage = (
    Hello
    | Offer
    | Select
    | StrokeBegin
    | StrokeExtend
    | StrokeEnd
    | Undo
    | Clear
    | SceneSet
    | Ping
    | Pointer
)


# ---------------------------------------------------------------- events: the room's log


class StrokeBegun(Wire, frozen=True, tag="strokeBegun"):
    """A stroke stands in the room."""

    stroke: Stroke


class StrokeExtended(Wire, frozen=True, tag="strokeExtended"):
    """Points were added (pen) or the second point moved (arrow, circle)."""

    id: str
    points: list[Point]


class StrokeEnded(Wire, frozen=True, tag="strokeEnded"):
    """The stroke is complete; `disparity` is the final one."""

    id: str
    disparity: float


class StrokesRemoved(Wire, frozen=True, tag="strokesRemoved"):
    """These strokes stand no more."""

    ids: list[str]


class SceneChanged(Wire, frozen=True, tag="sceneChanged"):
    """The scene is now this."""

    scene: SceneState


Event = StrokeBegun | StrokeExtended | StrokeEnded | StrokesRemoved | SceneChanged


# ---------------------------------------------------------------- server to page


class Welcome(Wire, frozen=True, tag="welcome"):
    """The answer to `Hello`: who you are, and all that stands as of event `seq`."""

    viewer_id: str
    role: Role
    room: str
    version: str
    seq: int
    scene: SceneState
    strokes: list[Stroke]
    renditions: list[RenditionInfo]
    source: SourceInfo
    viewers: int
    anchor: Anchor | None = None


class Answer(Wire, frozen=True, tag="answer"):
    """The SDP answer to `Offer`, with all of the server's candidates."""

    sdp: str
    rendition: RenditionName


class Logged(Wire, frozen=True, tag="event"):
    """One entry of the room's log; `seq` counts by one, a gap means: reconnect."""

    seq: int
    event: Event


class AnchorNow(Wire, frozen=True, tag="anchor"):
    """A fresh anchor, about once a second and whenever the source's time jumps."""

    anchor: Anchor


class RoomStatus(Wire, frozen=True, tag="status"):
    """Who is here and how the source does; sent on change."""

    viewers: int
    source: SourceInfo


class Pong(Wire, frozen=True, tag="pong"):
    """`sent_ms` as it came, and the server's capture clock when it was answered."""

    sent_ms: float
    server_ms: float


class Refused(Wire, frozen=True, tag="refused"):
    """A message was not carried out; `reason` is a sentence for a person. The socket may stay."""

    code: str
    reason: str


class Bye(Wire, frozen=True, tag="bye"):
    """The server closes the room in good order; pages wait and reconnect."""

    reason: str


ServerMessage = Welcome | Answer | Logged | AnchorNow | RoomStatus | Pong | Refused | Bye | Pointer
