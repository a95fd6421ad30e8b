"""The random window and the mirror that both images of a pair share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keras_pix2pix.data.images import resize
from keras_pix2pix.data.jitter import Jitter

seeds = st.integers(0, 2**32 - 1)
sides = st.integers(1, 600)


def draw(seed, image_size, load_size, mirror=True):
    return Jitter.draw(np.random.default_rng(seed), image_size, load_size, mirror)


@settings(deadline=None)
@given(seeds, st.tuples(sides, sides), st.tuples(sides, sides), st.tuples(sides, sides))
def test_the_window_is_inside_the_image(seed, image_size, margin, shape):
    load_size = tuple(size + extra for size, extra in zip(image_size, margin))
    left, top, right, bottom = draw(seed, image_size, load_size).box(*shape)
    assert 0 <= left < right <= shape[1]
    assert 0 <= top < bottom <= shape[0]
    np.testing.assert_allclose((right - left) / shape[1], image_size[1] / load_size[1])
    np.testing.assert_allclose((bottom - top) / shape[0], image_size[0] / load_size[0])


@pytest.mark.parametrize("length", [7, 100, 286, 375, 500])
def test_the_last_window_ends_exactly_at_the_edge(length):
    for size in range(1, 600):
        for load in (round(size * 286 / 256), size + 7):
            share = size / load
            jitter = Jitter((load - size) / load, (load - size) / load, share, share)
            _, _, right, bottom = jitter.box(length, length)
            assert max(right, bottom) <= length
            assert min(right, bottom) > length - 1e-9


def test_without_a_draw_the_window_is_the_whole_image():
    assert Jitter().box(20, 30) == (0, 0, 30, 20)
    assert not Jitter().mirror
    assert draw(0, (8, 9), (8, 9), mirror=False) == Jitter()


def test_every_offset_is_drawn_about_equally_often_with_both_ends():
    boxes = np.array([draw(seed, (4, 6), (7, 8)).box(7, 8) for seed in range(2400)])
    lefts, tops = np.round(boxes[:, :2]).astype(int).T
    np.testing.assert_allclose(boxes[:, 0], lefts, atol=1e-9)
    np.testing.assert_allclose(boxes[:, 1], tops, atol=1e-9)
    counts = np.zeros((4, 3))
    np.add.at(counts, (tops, lefts), 1)
    assert counts.sum() == 2400
    assert counts.min() > 140 and counts.max() < 260


def test_about_half_are_mirrored_and_none_if_not_wanted():
    mirrored = [draw(seed, (256, 256), (286, 286)).mirror for seed in range(1000)]
    assert 430 < sum(mirrored) < 570
    assert not any(draw(seed, (256, 256), (286, 286), mirror=False).mirror for seed in range(50))


@pytest.mark.parametrize(
    "shape, image_size, load_size",
    [
        ((375, 500), (256, 256), (286, 286)),
        ((256, 256), (256, 256), (286, 286)),
        ((100, 90), (128, 128), (143, 143)),
        ((240, 320), (96, 160), (107, 179)),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_one_pass_equals_pillow_s_resize_then_crop(shape, image_size, load_size, channels):
    rng = np.random.default_rng(1)
    array = rng.integers(0, 256, (*shape, channels), dtype="uint8")
    for seed in range(3):
        jitter = draw(seed, image_size, load_size)
        loaded = Image.fromarray(array.squeeze()).resize(load_size[::-1], Image.Resampling.BICUBIC)
        left, top = round(jitter.left * load_size[1]), round(jitter.top * load_size[0])
        cut = loaded.crop((left, top, left + image_size[1], top + image_size[0]))
        expected = np.asarray(cut).reshape(*image_size, channels).astype(int)
        window = resize(array, image_size, jitter.box(*shape), nearest=False)
        assert np.abs(window - expected).max() <= 1
