"""What is done to whole pictures: filled, copied, fitted into a place, a layer blended over."""

from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420
from streamer.render.kernels.blend import blend_plane
from streamer.render.layers import Layer

BACKGROUND_LUMA: Final = 30  # a dark neutral grey: bone stands out, and black clothing does too
NEUTRAL_CHROMA: Final = 128

Number = TypeVar("Number", np.uint8, np.float32)


def fill(out: I420) -> None:
    """Make `out` the plain background."""
    out.y[:] = BACKGROUND_LUMA
    out.u[:] = NEUTRAL_CHROMA
    out.v[:] = NEUTRAL_CHROMA


def copy(picture: I420, out: I420) -> None:
    """Copy a picture to one of the same size."""
    np.copyto(out.y, picture.y)
    np.copyto(out.u, picture.u)
    np.copyto(out.v, picture.v)


def fit(picture: I420, out: I420) -> None:
    """Scale `picture` into the middle of `out`, keeping its shape; bars are background."""
    (width, height), (room_w, room_h) = picture.size, out.size
    if (width, height) == (room_w, room_h):
        copy(picture, out)
        return
    scale = min(room_w / width, room_h / height)
    fit_w = min(max(round(width * scale / 2) * 2, 2), room_w)
    fit_h = min(max(round(height * scale / 2) * 2, 2), room_h)
    fill(out)
    inner = out.crop((room_w - fit_w) // 4 * 2, (room_h - fit_h) // 4 * 2, fit_w, fit_h)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    for plane, target in ((picture.y, inner.y), (picture.u, inner.u), (picture.v, inner.v)):
        target[:] = cv2.resize(plane, target.shape[::-1], interpolation=how)


def blend(below: I420, layer: Layer, weight: int, out: I420) -> None:
    """Write `below` with `layer` over it to `out`, all of one size; `weight` 0..256."""
    planes = (
        (below.y, layer.picture.y, layer.alpha, out.y, 1),
        (below.u, layer.picture.u, layer.alpha_half, out.u, 2),
        (below.v, layer.picture.v, layer.alpha_half, out.v, 2),
    )
    for under, colour, alpha, target, shrink in planes:
        if alpha.strides != colour.strides:
            raise ValueError(
                f"a layer's colours and alpha must lie alike, not {colour.strides} and "
                f"{alpha.strides} bytes apart"
            )
        blend_plane(
            flat(under, writeable=False),
            under.strides[0],
            flat(colour, writeable=False),
            colour.strides[0],
            flat(alpha, writeable=False),
            colour.shape[1],
            layer.spans,
            shrink,
            weight,
            flat(target, writeable=True),
            target.strides[0],
        )


def flat(plane: NDArray[Number], writeable: bool) -> NDArray[Number]:
    """A plane's memory, first value to last, as one contiguous row: one type for every kernel call.

    What lies between a strided plane's rows belongs to its neighbours.
    """
    size = plane.itemsize
    if plane.strides[1] != size:
        raise ValueError(f"a plane's rows must be contiguous, not {plane.strides} bytes apart")
    rows, columns = plane.shape
    length = (rows - 1) * (plane.strides[0] // size) + columns
    return np.lib.stride_tricks.as_strided(plane, (length,), (size,), writeable=writeable)
