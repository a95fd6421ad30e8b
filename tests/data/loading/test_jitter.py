"""The random window and the mirror that both images of a pair share."""

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


@pytest.mark.parametrize(
    "settings",
    [{"enlargement": 0.9}, {"rotation": -1}, {"scale": 0.5}, {"color": 2}, {"cutout": 1.1}],
)
def test_settings_out_of_range_are_refused(settings):
    ((name, value),) = settings.items()
    with pytest.raises(ValueError, match=rf"{name} must be from .*Received: {name}={value}"):
        Augment(**settings)


def test_the_middle_is_of_whole_pixels():
    assert Jitter.middle((4, 6), (9, 6)).box(9, 6) == (0, 2, 6, 6)


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
