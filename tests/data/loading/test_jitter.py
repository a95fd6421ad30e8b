"""The random draw that all images of a pair share, and what it does to an image."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keras_pix2pix.data.files.geometry import crop_and_resize
from keras_pix2pix.data.loading.jitter import Augment, Jitter

seeds = st.integers(0, 2**32 - 1)
sides = st.integers(1, 600)


def draw(seed, image_size, load_size, mirror=True):
    return Augment(mirror=mirror).draw(np.random.default_rng(seed), image_size, load_size)


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
        window = crop_and_resize(array, image_size, jitter.box(*shape), nearest=False)
        assert np.abs(window - expected).max() <= 1


# What else may be drawn

SETTINGS = {"rotation": 30.0, "scale": 1.5, "color": 0.3, "cutout": 0.25}


def drawn(count=300, **settings):
    augment = Augment(**settings)
    rngs = (np.random.default_rng(seed) for seed in range(count))
    return [augment.draw(rng, (24, 32), (30, 40)) for rng in rngs]


def test_every_setting_is_drawn_in_its_range():
    draws = drawn(**SETTINGS)
    angles, zooms = (np.array([getattr(d, name) for d in draws]) for name in ("angle", "zoom"))
    assert -30 <= angles.min() < -25 and 25 < angles.max() <= 30
    assert 1 / 1.5 <= zooms.min() < 0.7 and 1.42 < zooms.max() <= 1.5
    # As often smaller as larger.
    assert 0.4 < (zooms > 1).mean() < 0.6
    colors = np.array([d.color_factors for d in draws])
    assert (colors.min(axis=0) < 0.75).all() and (colors.max(axis=0) > 1.25).all()
    assert colors.min() >= 0.7 and colors.max() <= 1.3
    holes = np.array([d.hole for d in draws])
    np.testing.assert_allclose(holes[:, 2:] - holes[:, :2], 0.25)
    assert holes.min() >= 0 and holes.max() <= 1
    assert holes[:, :2].max() > 0.7


def test_what_is_not_wanted_is_not_drawn():
    for draw in drawn(mirror=False):
        assert (draw.mirror, draw.angle, draw.zoom, draw.hole, draw.color_factors) == (
            False,
            0,
            1,
            None,
            None,
        )
    windows = {draw[:4] for draw in drawn(enlargement=1.0)}
    assert len(windows) == 7 * 9
    assert Augment(enlargement=1).load_size((24, 32)) == (24, 32)
    assert Augment().load_size((256, 256)) == (286, 286)


def test_other_settings_do_not_change_the_window():
    for plain, more in zip(drawn(), drawn(**SETTINGS)):
        assert plain[:5] == more[:5]


def test_a_draw_is_these_numbers_in_this_order():
    """A training that is continued by another version must see the same draws."""
    for seed in range(20):
        found = Augment(**SETTINGS).draw(np.random.default_rng(seed), (24, 32), (30, 40))
        rng = np.random.default_rng(seed)
        top, left = rng.integers(0, 7), rng.integers(0, 9)
        mirrored = rng.random() < 0.5
        angle, zoom = rng.uniform(-30, 30), 1.5 ** rng.uniform(-1, 1)
        x, y = rng.uniform(0, 0.75), rng.uniform(0, 0.75)
        colors = tuple(rng.uniform(0.7, 1.3) for _ in range(3))
        hole = (x, y, x + 0.25, y + 0.25)
        window = (left / 40, top / 30, 32 / 40, 24 / 30)
        assert found == Jitter(*window, mirrored, angle, zoom, hole, colors)
        assert type(found.mirror) is bool


def test_what_is_not_wanted_takes_no_number_from_the_draw():
    for seed in range(20):
        augment = Augment(mirror=False, color=0.3)
        found = augment.draw(np.random.default_rng(seed), (24, 32), (30, 40))
        rng = np.random.default_rng(seed)
        top, left = rng.integers(0, 7), rng.integers(0, 9)
        colors = tuple(rng.uniform(0.7, 1.3) for _ in range(3))
        assert found == Jitter(left / 40, top / 30, 32 / 40, 24 / 30, color_factors=colors)


LIMITS = {
    "enlargement": (1, 8),
    "rotation": (0, 180),
    "scale": (1, 8),
    "color": (0, 1),
    "cutout": (0, 1),
}


@pytest.mark.parametrize("name", LIMITS)
def test_settings_out_of_range_are_refused_and_both_ends_are_not(name):
    low, high = LIMITS[name]
    for value in (low, high):
        assert getattr(Augment(**{name: value}), name) == value
    for value in (np.nextafter(low, low - 1), np.nextafter(high, high + 1), float("nan")):
        with pytest.raises(ValueError) as error:
            Augment(**{name: value})
        message = f"{name} must be from {low} to {high}. Received: {name}={value}"
        assert str(error.value) == message


def test_the_defaults_are_the_paper_s():
    assert Augment() == Augment(286 / 256, True, 0.0, 1.0, 0.0, 0.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Augment().mirror = False


@pytest.mark.parametrize(
    "enlargement, size, loaded",
    [(286 / 256, (256, 256), (286, 286)), (1.25, (30, 50), (38, 62)), (1, (7, 9), (7, 9))],
)
def test_the_size_that_a_pair_is_loaded_at_is_rounded(enlargement, size, loaded):
    assert Augment(enlargement).load_size(size) == loaded


@pytest.mark.parametrize(
    "size, shape, box",
    [
        ((4, 6), (9, 6), (0, 2, 6, 6)),
        ((4, 6), (4, 13), (3, 0, 9, 4)),
        ((2, 3), (8, 16), (6, 3, 9, 5)),
    ],
)
def test_the_middle_is_of_whole_pixels(size, shape, box):
    np.testing.assert_allclose(Jitter.middle(size, shape).box(*shape), box)


# What a draw does to an image

WINDOW = Jitter(left=0.25, top=1 / 3, width=0.5, height=1 / 3)


def numbered(height, width):
    return np.arange(height * width, dtype="uint16").reshape(height, width, 1)


@pytest.mark.parametrize("nearest", [True, False])
def test_the_window_is_cut_out_of_the_image(nearest):
    image = numbered(24, 12)
    cut = WINDOW.apply(image, (8, 6), nearest, 0)
    np.testing.assert_array_equal(cut, image[8:16, 3:9])
    smaller = WINDOW.apply(image, (4, 3), True, 0)
    np.testing.assert_array_equal(smaller, image[9:16:2, 4:9:2])


@pytest.mark.parametrize("angle", [0.0, 180.0])
@pytest.mark.parametrize("nearest", [True, False])
def test_mirroring_comes_after_turning(angle, nearest):
    jitter = WINDOW._replace(angle=angle)
    plain, mirrored = (
        jitter._replace(mirror=mirror).apply(picture(48, 36), (16, 18), nearest, 0)
        for mirror in (False, True)
    )
    np.testing.assert_array_equal(mirrored, plain[:, ::-1])
    assert (mirrored != plain).any()


@pytest.mark.parametrize("shape", [(24, 12), (48, 36), (12, 9)])
@pytest.mark.parametrize("nearest", [True, False])
def test_a_window_that_is_turned_by_half_is_upside_down(shape, nearest):
    """Turning begins with scaling the whole image, which other draws do not."""
    image = picture(*shape)
    plain, turned = (
        WINDOW._replace(angle=angle).apply(image, (8, 6), nearest, 0) for angle in (0.0, 180.0)
    )
    difference = np.abs(turned[::-1, ::-1].astype(int) - plain)
    assert difference.max() <= (0 if nearest else 2)


def test_a_square_is_turned_counterclockwise_and_enlarged_around_its_middle():
    image = numbered(8, 8)
    turned = Jitter(angle=90.0).apply(image, (8, 8), True, 0)
    np.testing.assert_array_equal(turned, np.rot90(image))
    enlarged = Jitter(zoom=2.0).apply(image, (8, 8), True, 0)
    np.testing.assert_array_equal(enlarged, image[2:6, 2:6].repeat(2, 0).repeat(2, 1))
    both = Jitter(zoom=2.0, angle=90.0).apply(image, (8, 8), True, 0)
    np.testing.assert_array_equal(both, np.rot90(enlarged))


def picture(height=60, width=80):
    y, x = np.mgrid[:height, :width]
    waves = [128 + 100 * np.sin(x / 9 + y / 13 + k) for k in range(3)]
    return np.stack(waves, axis=-1).astype("uint8")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [(24, 32), (40, 20)])
def test_all_images_of_a_pair_get_the_same_cut(seed, size):
    augment = Augment(rotation=25, scale=1.4, cutout=0.3)
    load_size = augment.load_size(size)
    jitter = augment.draw(np.random.default_rng(seed), size, load_size)
    smooth, near = (jitter.apply(picture(), size, nearest, 0) for nearest in (False, True))
    assert smooth.shape == near.shape == (*size, 3)
    assert np.abs(smooth.astype(int) - near).mean() < 8
    blank = (near == 0).all(axis=-1)
    np.testing.assert_array_equal(blank, (smooth == 0).all(axis=-1))
    assert abs(blank.mean() - 0.09) < 0.03


def test_a_hole_is_filled_with_what_is_no_class():
    jitter = Jitter(hole=(0.25, 0.5, 0.75, 1.0))
    image = np.ones((4, 8, 1), "uint8")
    cut = jitter.apply(image, (4, 8), True, 9)
    assert cut[..., 0].tolist() == [[1] * 8] * 2 + [[1, 1, 9, 9, 9, 9, 1, 1]] * 2
    assert (image == 1).all()


def test_the_sides_of_a_hole_are_rounded_to_pixels():
    image = np.ones((10, 20, 1), "uint8")
    cut = Jitter(hole=(0.13, 0.26, 0.37, 0.74), mirror=True).apply(image, (10, 20), True, 0)
    expected = image.copy()
    # It is blanked after mirroring.
    expected[3:7, 3:7] = 0
    np.testing.assert_array_equal(cut, expected)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_brightness_then_contrast_then_saturation(channels):
    pixels = np.random.default_rng(0).uniform(-1, 1, (8, 9, channels)).astype("float32")
    factors = 0.9, 1.3, 1.6
    expected = (pixels.astype("float64") + 1) * factors[0] - 1
    expected = (expected - expected.mean()) * factors[1] + expected.mean()
    if channels == 3:
        # ITU-R BT.601
        grey = (expected * [0.299, 0.587, 0.114]).sum(axis=-1, keepdims=True)
        expected = grey + factors[2] * (expected - grey)
    # As they are drawn: numbers of float64, which must not become the type of the image.
    varied = Jitter(color_factors=tuple(np.array(factors))).vary_colors(pixels)
    assert varied.dtype == "float32"
    np.testing.assert_allclose(varied, np.clip(expected, -1, 1), atol=1e-5)
    assert (np.abs(varied) == 1).any()


def test_colors_change_brightness_contrast_and_saturation():
    rng = np.random.default_rng(0)
    target = rng.uniform(-0.5, 0.5, (8, 8, 3)).astype("float32")
    assert Jitter().vary_colors(target) is target
    same = Jitter(color_factors=(1, 1, 1)).vary_colors(target)
    np.testing.assert_allclose(same, target, atol=1e-6)
    brighter = Jitter(color_factors=(1.2, 1, 1)).vary_colors(target)
    np.testing.assert_allclose(brighter, np.clip((target + 1) * 1.2 - 1, -1, 1), atol=1e-6)
    flatter = Jitter(color_factors=(1, 0.5, 1)).vary_colors(target)
    assert flatter.std() == pytest.approx(target.std() / 2, 1e-3)
    grey = Jitter(color_factors=(1, 1, 0)).vary_colors(target)
    np.testing.assert_allclose(grey[..., 0], target @ [0.299, 0.587, 0.114], atol=1e-6)
    strong = Jitter(color_factors=(2, 2, 2)).vary_colors(target)
    assert np.abs(strong).max() <= 1
    assert Jitter(color_factors=(1.2, 1.1, 0)).vary_colors(target[..., :1]).shape == (8, 8, 1)
