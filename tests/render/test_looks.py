"""Looks: the bytes of a pixel by style and luma, against BT.709 written out."""

import pytest

from streamer.render.kernels.project import AMBIENT, DIFFUSE
from streamer.render.looks import EMPTY, LUMA_BITS, MAX_STYLES, Looks, display_tones
from tests.render import naive

BONE = (0.89, 0.85, 0.76)


@pytest.mark.parametrize("colour", [BONE, (0.9, 0.1, 0.1), (0.1, 0.1, 0.9), (1.0, 1.0, 1.0)])
@pytest.mark.parametrize("strength", [0.15, 0.4, AMBIENT + DIFFUSE])
def test_chroma_follows_luma_as_light_grows(
    colour: tuple[float, float, float], strength: float
) -> None:
    table = Looks.of([(colour, 1.0)]).table
    red, green, blue = (naive.srgb(part * strength) for part in colour)
    y, u, v = naive.ycbcr((red, green, blue))
    entry = int(table[round(y)])
    assert abs((entry & 255) - y) <= 1
    assert abs((entry >> 8 & 255) - u) <= 1.5
    assert abs((entry >> 16 & 255) - v) <= 1.5
    assert entry >> 24 == 255


def test_every_entry_is_in_limited_range_and_the_first_is_nothing() -> None:
    looks = Looks.of([(BONE, 0.25), ((1.0, 0.0, 0.0), 7.0), ((0.0, 0.0, 1.0), -1.0)])
    assert looks.table[0] == EMPTY == 16 | 128 << 8 | 128 << 16
    for style, alpha in ((0, 64), (1, 255), (2, 0)):
        entries = looks.table[style << LUMA_BITS : (style + 1) << LUMA_BITS][1:]
        assert (entries >> 24 == alpha).all()
        assert (entries & 255 >= 16).all()
        assert (entries & 255 <= 235).all()
        assert (entries >> 8 & 255 >= 16).all()
        assert (entries >> 8 & 255 <= 240).all()


@pytest.mark.parametrize(("styles", "bits"), [(0, 9), (1, 9), (2, 9), (3, 10), (5, 11), (256, 16)])
def test_bits_are_as_many_as_the_styles_need(styles: int, bits: int) -> None:
    looks = Looks.of([((n / 256, 0.0, 0.0), 1.0) for n in range(styles)])
    assert looks.bits == bits
    assert len(looks.table) == 1 << bits


def test_too_many_styles_are_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match=r"257 .* more than the 256 .* the same"):
        Looks.of([(BONE, n / 300) for n in range(MAX_STYLES + 1)])


def test_tones_are_the_srgb_curve() -> None:
    tones = display_tones()
    for n in (0, 1, 3, 4, 100, 700, 1023):
        assert tones[n] == pytest.approx(naive.srgb(n / 1023), abs=1e-6)
