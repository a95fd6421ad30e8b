"""Models that remember how their conditions are computed: trained, saved, and used on pictures."""

import keras
import numpy as np
import pytest
from checks import randomize
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data import (
    EdgeDrawing,
    Gray,
    Holes,
    Lightness,
    Noise,
    OwnCondition,
    PairDataset,
    Picture,
    Smaller,
)
from keras_pix2pix.data.loading.seen import SeenImages
from keras_pix2pix.networks.rewriting import with_networks

PHOTO = Picture(3, interpolation="bicubic", dtype="uint8")
RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (12, 20, 3), "uint8")


def model_for(condition, image=IMAGE, picture=PHOTO):
    """An untrained model with the formats that a training on such pairs gives it."""
    data = PairDataset(condition, [image], formats=(picture, picture))
    channels = [side.shape[-1] for side in data[0][:2]]
    keras.utils.set_random_seed(1)
    unet = kp.UNetGenerator((None, None, channels[0]), channels[1], depth=2, filters=2)
    shapes = [(None, None, count) for count in channels]
    model = kp.Pix2Pix(unet, kp.PatchDiscriminator(*shapes, receptive_field=1, filters=2))
    randomize(model.generator)
    model.formats, model.condition = data.formats, data.condition
    return model, data


def test_training_makes_the_model_remember_the_condition(tmp_path):
    condition = EdgeDrawing(line_width=3, thresholds=(0.01, 0.02), shortest=0)
    model, data = model_for(condition)
    model.condition = None
    model.compile()
    model.fit(data, epochs=1, verbose=0)
    assert model.condition == condition
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.condition == condition and loaded.formats == data.formats
    np.testing.assert_array_equal(
        loaded.translate(IMAGE, from_picture=True), model.translate(IMAGE, from_picture=True)
    )


def test_pictures_of_another_scale_than_in_the_training_are_told():
    model, _ = model_for(Smaller(4))
    model.seen = SeenImages((4, 8), None, None)
    for options in ({"from_picture": True}, {}):
        # A small image is as large as its picture, which is told.
        image = IMAGE if options else IMAGE[:3, :5]
        with pytest.warns(UserWarning, match=r"The image has 12 x 20 pixels .* 2.7 times larger"):
            model.translate(image, **options)


def test_holes_are_trained_where_they_are_only():
    model, data = model_for(Holes("center"))
    model.compile(metrics=[kp.metrics.PSNR()])
    logs = model.evaluate(data, verbose=0, return_dict=True)
    condition, target, weights = data[0]
    generated = model.predict(condition, verbose=0)
    difference = np.abs(target - generated) * weights
    assert logs["reconstruction_loss"] == pytest.approx(difference.mean(), rel=1e-4)
    filled = np.where(weights > 0, generated, target)
    psnr = 10 * np.log10(4 / np.square(target - filled).mean())
    assert logs["psnr"] == pytest.approx(psnr, rel=1e-4)


@pytest.mark.parametrize("condition", [EdgeDrawing(), Gray(), Noise(), Smaller(4)], ids=str)
def test_the_condition_is_computed_as_in_the_training(condition):
    model, data = model_for(condition)
    # The first draws of a seed and of picture 0, as `translate` and not as the dataset makes them.
    rng = np.random.default_rng((0, 0))
    encoded, _ = data.condition.encoded(IMAGE, rng, PHOTO, (data.formats[0][0], data.formats[1]))
    expected = data.formats[1].decode(model.predict(encoded[None], verbose=0))[0]
    np.testing.assert_array_equal(model.translate(IMAGE, from_picture=True), expected)


def test_what_is_random_follows_from_the_seed():
    model, _ = model_for(Noise())
    one, again, other = (model.translate(IMAGE, from_picture=True, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    several = model.translate([IMAGE, IMAGE], from_picture=True)
    assert (several[0] != several[1]).any()


@pytest.mark.parametrize("tile", [None, 8])
def test_a_photo_gets_colors_and_keeps_its_lightness(tile, tmp_path):
    model, _ = model_for(Lightness())
    options = {"tile": tile, "overlap": 4} if tile else {}
    picture = model.translate(IMAGE, **options)
    assert picture.shape == IMAGE.shape and picture.dtype == "uint8"
    lightness = model.formats[0][0]
    generated = model.predict(lightness.encode(IMAGE)[None], verbose=0)[0]
    whole = model.formats[1].completed(generated, lightness.encode(IMAGE))
    if not tile:
        np.testing.assert_array_equal(picture, model.formats[1].decode(whole))
    np.testing.assert_array_equal(model.translate(IMAGE, from_picture=True, **options), picture)
    # Gray photos of one and of three channels, and a Pillow image.
    gray = IMAGE[..., :1]
    colored = model.translate(gray, **options)
    assert colored.shape == IMAGE.shape
    np.testing.assert_array_equal(model.translate(np.repeat(gray, 3, axis=-1), **options), colored)
    Image.fromarray(gray[..., 0]).save(tmp_path / "gray.png")
    np.testing.assert_array_equal(model.translate(tmp_path / "gray.png", **options), colored)
    assert model.translate(Image.fromarray(gray[..., 0]), **options).mode == "RGB"


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("tile", [None, 8])
def test_outside_of_a_hole_the_output_is_the_input(tile, dtype, tmp_path):
    image = RNG.integers(0, np.iinfo(dtype).max + 1, (12, 20, 3)).astype(dtype)
    model, _ = model_for(Holes("center"), image, Picture(3, dtype=dtype))
    options = {"tile": tile, "overlap": 4} if tile else {}
    picture = model.translate(image, from_picture=True, **options)
    assert picture.dtype == dtype
    hole = np.zeros((12, 20), bool)
    hole[3:9, 5:15] = True
    np.testing.assert_array_equal(picture[~hole], image[~hole])
    assert (picture[hole] != image[hole]).mean() > 0.9
    # The same hole, as an eraser leaves it.
    full = np.iinfo(dtype).max
    alpha = np.where(hole, 0, full).astype(dtype)[..., None]
    erased = np.concatenate([image, alpha], axis=-1)
    np.testing.assert_array_equal(model.translate(erased, **options), picture)
    if dtype == "uint8":
        Image.fromarray(erased).save(tmp_path / "erased.png")
        np.testing.assert_array_equal(model.translate(tmp_path / "erased.png", **options), picture)


@pytest.mark.parametrize("tile", [None, 8])
def test_small_pictures_come_back_large(tile):
    model, data = model_for(Smaller(4))
    options = {"tile": tile, "overlap": 4} if tile else {}
    small = data.condition.small(IMAGE, PHOTO)
    assert small.shape == (3, 5, 3)
    large = model.translate(small, **options)
    assert large.shape == IMAGE.shape
    np.testing.assert_array_equal(model.translate(IMAGE, from_picture=True, **options), large)
    batch = model.translate(np.stack([small, small]), **options)
    np.testing.assert_array_equal(batch[1], large)


def test_files_are_translated_from_pictures(tmp_path):
    model, _ = model_for(Smaller(4))
    (tmp_path / "photos").mkdir()
    Image.fromarray(IMAGE).save(tmp_path / "photos" / "a.png")
    Image.fromarray(IMAGE[:11]).save(tmp_path / "photos" / "b.png")
    done = model.translate_files(tmp_path / "photos", tmp_path / "out", from_picture=True)
    assert [path.name for path in done.written] == ["a.png"]
    ((_, reason),) = done.broken
    assert "b.png: factor=4 must divide the height" in reason
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "out" / "a.png")),
        model.translate(IMAGE, from_picture=True),
    )


def test_rewritten_models_keep_the_condition():
    model, _ = model_for(Gray())
    assert with_networks(model, model.generator, model.discriminator).condition == Gray()


def test_pairs_of_such_a_dataset_are_translated_as_they_are():
    model, data = model_for(Lightness())
    (pictures,) = model.translate(data)
    np.testing.assert_array_equal(pictures[0], model.translate(IMAGE))
    with pytest.raises(ValueError, match="has conditions already"):
        model.translate(data, from_picture=True)


def test_other_models_have_no_condition_to_compute(tiny):
    with pytest.raises(ValueError, match="is for a model that was trained on"):
        tiny().translate(IMAGE, from_picture=True)


def test_a_model_of_an_unknown_function_is_loaded_and_translates(tmp_path):
    def unknown(picture, rng):
        return picture

    model, _ = model_for(OwnCondition(unknown))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.translate(IMAGE), model.translate(IMAGE))
    with pytest.raises(ValueError, match="the function unknown is not registered here"):
        loaded.translate(IMAGE, from_picture=True)


@pytest.mark.parametrize("condition", [Lightness(), Holes("center")], ids=str)
def test_sample_grids_show_whole_pictures(condition, tmp_path):
    model, data = model_for(condition)
    model.compile()
    grid = kp.callbacks.SampleGrid(data, tmp_path)
    model.fit(data, epochs=1, verbose=0, callbacks=[grid])
    (path,) = tmp_path.glob("*.png")
    page = np.asarray(Image.open(path))
    # Condition, target and generated picture are beside each other.
    np.testing.assert_array_equal(page[40:52, 28:48], IMAGE)
    if isinstance(condition, Holes):
        np.testing.assert_array_equal(page[40:43, 52:72], IMAGE[:3])
