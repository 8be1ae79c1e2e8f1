"""The rendition `stereo+depth`: a pair and its disparity in one I420 picture, and back.

Top to bottom, for eyes of W x H:

- H rows: the left picture, and right of it the right picture;
- S rows, a multiple of 16: the left picture's disparity at W/2 x H/2, cut into four blocks of S
  rows each that lie side by side, the topmost leftmost. Luma 16 is the disparity `low`, 235 is
  `high`, and between them it is linear. U is 128 where the disparity is sure, and 16, 32 or 48 away
  from it the less so; V is 128. A page that reads RGB finds luma alone in red.
- 16 rows: 64 cells of W/32 columns, luma 16 for 0 and 235 for 1, most significant bit first: 8 bits
  `0xB2`, 8 bits version (1), 20 bits `low` and 20 bits `high` (two's complement, in 1/64 pixel of
  the left picture), and 8 bits CRC-8 (polynomial 0x07) of the 56 bits before.

Below a half of the size disparity costs hardly any bits; its edges are found again from the luma of
the left picture (`DisparityMap.resized`).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from streamer.errors import TheatronError
from streamer.frames import I420, Plane
from streamer.render.disparity import DisparityMap
from streamer.render.kernels.packing import DARKEST, LEVELS, decode_map, encode_map

BLOCKS: Final = 4
SHRINK: Final = 2
HEADER_ROWS: Final = 16
MAGIC: Final = 0xB2
VERSION: Final = 1
CELLS: Final = 64
STEPS_A_PX: Final = 64
LIMIT: Final = 1 << 19
SPARE: Final = 0.08  # of the range, kept free on both sides when it is set anew
MIN_RANGE_PX: Final = 4.0
SHRINK_BELOW: Final = 0.6  # of the range in use: then it is set anew


class PackingError(TheatronError):
    """A picture that is no `stereo+depth` picture, or whose header did not survive."""

    exit_code = 13


@dataclass(frozen=True, slots=True)
class DepthRange:
    """The disparities, in pixels of the left picture, that luma 16 and 235 stand for."""

    low_px: float
    high_px: float

    @classmethod
    def about(cls, disparity: DisparityMap) -> "DepthRange":
        """The range of a map with something to spare, in the header's steps."""
        low, high = float(disparity.px.min()), float(disparity.px.max())
        spare = max(SPARE * (high - low), (MIN_RANGE_PX - (high - low)) / 2, 0.0)
        bound = (LIMIT - 1) / STEPS_A_PX
        steps = [np.clip(value, -bound, bound) for value in (low - spare, high + spare)]
        return cls(*(round(float(value) * STEPS_A_PX) / STEPS_A_PX for value in steps))

    def kept_for(self, disparity: DisparityMap) -> "DepthRange":
        """This range while the map lies within it and fills enough of it, else a new one.

        Every change makes the codec send the strip anew.
        """
        low, high = float(disparity.px.min()), float(disparity.px.max())
        inside = self.low_px <= low and high <= self.high_px
        least = SHRINK_BELOW * (self.high_px - self.low_px)
        if inside and max(high - low, MIN_RANGE_PX * SHRINK_BELOW) >= least:
            return self
        return self.about(disparity)


@dataclass(frozen=True, slots=True)
class DepthPacking:
    """The layout for eyes of `eye` (W, H): W a multiple of 32, H of 4."""

    eye: tuple[int, int]

    def __post_init__(self) -> None:
        width, height = self.eye
        if width < 32 or height < 4 or width % 32 or height % 4:
            raise ValueError(f"eyes need a width of 32s and a height of 4s, not {width}x{height}")

    @property
    def map_size(self) -> tuple[int, int]:
        """(width, height) of the disparity that is carried."""
        return self.eye[0] // SHRINK, self.eye[1] // SHRINK

    @property
    def strip_rows(self) -> int:
        """Rows of the strip; the map's last rows are repeated to fill it."""
        return -(-self.map_size[1] // (BLOCKS * 16)) * 16

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the whole picture."""
        return 2 * self.eye[0], self.eye[1] + self.strip_rows + HEADER_ROWS

    @classmethod
    def of_picture(cls, size: tuple[int, int]) -> "DepthPacking":
        """The layout whose whole picture is `size` (width, height).

        Raises:
            PackingError: there is none.
        """
        width, height = size
        for rows in range(16, height, 16):
            eye = width // 2, height - rows - HEADER_ROWS
            if width % 64 or eye[1] < 4 or eye[1] % 4:
                continue
            layout = cls(eye)
            if layout.size == size:
                return layout
        raise PackingError(
            f"A picture of {width}x{height} is not one of `stereo+depth`; its width must be a"
            " multiple of 64 and its height that of an eye with the strip and 16 rows."
        )

    def pack(
        self, left: I420, right: I420, disparity: DisparityMap, depth: DepthRange, out: I420
    ) -> None:
        """Write the pair and its disparity to `out`, `size` in size.

        Raises ValueError for sizes that do not fit.
        """
        if left.size != self.eye or right.size != self.eye or out.size != self.size:
            raise ValueError(f"{left.size}, {right.size} and {out.size} do not fit {self}")
        width, height = self.eye
        for eye, picture in enumerate((left, right)):
            place = out.crop(eye * width, 0, width, height)
            np.copyto(place.y, picture.y)
            np.copyto(place.u, picture.u)
            np.copyto(place.v, picture.v)
        guide = cv2.resize(left.y, self.map_size, interpolation=cv2.INTER_AREA)
        px = disparity.resized(guide.astype(np.uint8, copy=False)) * np.float32(SHRINK)
        sure = cv2.resize(disparity.confidence, self.map_size, interpolation=cv2.INTER_NEAREST)
        strip = self._strip(out)
        encode_map(
            px,
            sure.astype(np.uint8, copy=False),
            depth.low_px,
            depth.high_px,
            self.strip_rows,
            strip.y,
            strip.u,
            strip.v,
        )
        self._write_header(depth, out)

    def unpack(self, picture: I420) -> tuple[I420, I420, DisparityMap, DepthRange]:
        """Views of the left and the right picture, the disparity, and its range.

        Raises:
            PackingError: another size, or a header that is not whole.
        """
        if picture.size != self.size:
            raise PackingError(
                f"A stereo+depth picture of eyes {self.eye} is {self.size}, not {picture.size};"
                " name the size of the eyes that it was packed with."
            )
        depth = self._read_header(picture)
        width, height = self.map_size
        px = np.empty((height, width), np.float32)
        confidence = np.empty((height, width), np.uint8)
        strip = self._strip(picture)
        decode_map(
            np.ascontiguousarray(strip.y),
            np.ascontiguousarray(strip.u),
            depth.low_px,
            depth.high_px,
            self.strip_rows,
            px,
            confidence,
        )
        left = picture.crop(0, 0, *self.eye)
        right = picture.crop(self.eye[0], 0, *self.eye)
        return left, right, DisparityMap(px, confidence, self.eye[0]), depth

    def _strip(self, picture: I420) -> I420:
        return picture.crop(0, self.eye[1], 2 * self.eye[0], self.strip_rows)

    def _write_header(self, depth: DepthRange, out: I420) -> None:
        rows = out.crop(0, self.size[1] - HEADER_ROWS, self.size[0], HEADER_ROWS)
        bits = np.unpackbits(np.frombuffer(header_bytes(depth), np.uint8))
        rows.y[:] = DARKEST + LEVELS * np.repeat(bits, self.size[0] // CELLS)
        rows.u[:] = 128
        rows.v[:] = 128

    def _read_header(self, picture: I420) -> DepthRange:
        rows: Plane = picture.y[self.size[1] - HEADER_ROWS :]
        cells = rows.reshape(HEADER_ROWS, CELLS, -1).mean(axis=(0, 2))
        return read_header(np.packbits(cells > DARKEST + LEVELS / 2).tobytes())


def header_bytes(depth: DepthRange) -> bytes:
    """The 8 bytes of the header; see the module.

    Raises ValueError for disparities beyond 8191 pixels.
    """
    steps = [round(value * STEPS_A_PX) for value in (depth.low_px, depth.high_px)]
    if not all(-LIMIT <= value < LIMIT for value in steps):
        raise ValueError(f"disparities of {depth} are beyond {LIMIT // STEPS_A_PX} pixels")
    mask = 2 * LIMIT - 1
    word = (MAGIC << 48) | (VERSION << 40) | ((steps[0] & mask) << 20) | (steps[1] & mask)
    body = word.to_bytes(7, "big")
    return body + bytes([_crc8(body)])


def read_header(header: bytes) -> DepthRange:
    """The range that a header's 8 bytes tell.

    Raises:
        PackingError: it is none, of another version, or damaged.
    """
    if len(header) != 8 or header[0] != MAGIC or _crc8(header[:7]) != header[7]:
        raise PackingError(
            f"The picture's header reads {header.hex()}, which is no whole stereo+depth header;"
            " the picture is another one, was scaled, or is damaged."
        )
    if header[1] != VERSION:
        raise PackingError(
            f"The picture is of stereo+depth version {header[1]}, this program reads {VERSION};"
            " use the same version of Theatron on both sides."
        )
    word = int.from_bytes(header[2:7], "big")
    low, high = ((value ^ LIMIT) - LIMIT for value in (word >> 20, word & (2 * LIMIT - 1)))
    return DepthRange(low / STEPS_A_PX, high / STEPS_A_PX)


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc
