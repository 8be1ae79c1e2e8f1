"""Small moving pictures for encoder tests."""

import numpy as np

from streamer.frames import I420


def moving_picture(width: int, height: int, n: int) -> I420:
    """A texture that moves by 2 pixels a frame, in colour."""
    picture = I420.empty(width, height)
    x = np.arange(width) + 2 * n
    y = np.arange(height)[:, None]
    picture.y[:] = 60 + ((x * 3 + y * 2) % 97) + (((x // 8 + y // 8) % 2) * 40)
    picture.u[:] = 110 + (n % 20)
    picture.v[:] = 150
    return picture
