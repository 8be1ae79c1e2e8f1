"""How a source does, in one value: what the room shows and logs about capture."""

from dataclasses import dataclass
from typing import Literal

State = Literal["connecting", "live", "slate", "ended"]


@dataclass(frozen=True, slots=True)
class CaptureStatus:
    """A snapshot of one room's capture.

    `state`: `connecting` before the first picture, `live`, `slate` (failed, being retried) or
    `ended` (a file without loop came to its end). `reason` says why, in a sentence, where the
    state is not live. `captured` counts the pictures that the (left) source yielded, `dropped`
    those of them that came late or found no partner (pictures thinned out to keep to a maximum
    rate are not in it). `fps` is the measured rate of live frames handed on.
    """

    state: State
    reason: str
    captured: int
    dropped: int
    fps: float


@dataclass(frozen=True, slots=True)
class InputState:
    """How one input does; `picture_ns` is the capture time of its newest picture, if any."""

    state: State = "connecting"
    reason: str = ""
    picture_ns: int | None = None


def combine(inputs: list[InputState], names: list[str]) -> tuple[State, str]:
    """The state of a capture from those of its inputs: the worst of them, with its reason.

    `names` tell the inputs apart in the reason where there are two.
    """
    order: tuple[State, ...] = ("slate", "ended", "connecting", "live")
    for state in order:
        for one, name in zip(inputs, names, strict=True):
            if one.state == state:
                reason = one.reason
                if reason and len(inputs) > 1 and state == "slate":
                    reason = f"{name}: {reason}"
                return state, reason
    return "connecting", ""
