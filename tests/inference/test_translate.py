"""Whatever kind is translated, that kind comes back, at its own size."""

import io
import warnings

import keras
import numpy as np
import pytest
from checks import randomize
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data.loading.seen import SeenImages


@pytest.fixture(scope="module")
def model():
    unet = kp.UNetGenerator(depth=2, filters=2)
    model = kp.Pix2Pix(unet, kp.PatchDiscriminator(receptive_field=1, filters=2))
    randomize(model.generator)
    return model


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype="uint8")


def test_pillow_images_come_back_as_pillow_images(model):
    image = drawn(9, 13, 3)
    picture = model.translate(Image.fromarray(image))
    assert picture.size == (13, 9)
    assert picture.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(picture), model.translate(image))
    turned = Image.fromarray(image)
    turned.getexif()[274] = 6
    assert model.translate(turned).size == (9, 13)
    assert turned.size == (13, 9)
    with pytest.raises(ValueError, match="mode 'CMYK'"):
        model.translate(Image.new("CMYK", (4, 4)))


def test_an_open_file_is_read_like_one(model, tmp_path):
    image = drawn(9, 13, 3)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    expected = model.translate(image)
    np.testing.assert_array_equal(model.translate(file), expected)
    np.testing.assert_array_equal(model.translate([file, image])[0], expected)
    np.testing.assert_array_equal(
        model.translate(file, tile=8, overlap=4), model.translate(image, tile=8, overlap=4)
    )
    (tmp_path / "mask.png").write_bytes(file.getvalue())
    with open(tmp_path / "mask.png", "rb") as opened:
        np.testing.assert_array_equal(model.translate(opened), expected)
    with pytest.raises(ValueError, match="open file cannot be read as an image"):
        model.translate(io.BytesIO(b"no picture"))
    several = io.BytesIO()
    Image.new("L", (4, 4)).save(
        several, "GIF", append_images=[Image.new("L", (4, 4), 9)], save_all=True
    )
    with pytest.raises(ValueError, match=r"several pictures. Give its path"):
        model.translate(several)


@pytest.mark.parametrize("thing", [b"bytes", {"a": np.zeros((8, 8, 3))}, None, 5])
def test_what_is_no_image_is_refused_at_once(model, thing):
    with pytest.raises(ValueError, match=f"Expected a path.*Received: a {type(thing).__name__}"):
        model.translate(thing)


def test_a_path_below_the_home_folder(model, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    Image.fromarray(drawn(4, 4, 3)).save(tmp_path / "mask.png")
    assert model.translate("~/mask.png").shape == (4, 4, 3)


def test_pillow_holds_16_bits_and_refuses_what_it_cannot_hold():
    for channels, dtype, mode in ((1, "uint16", "I;16"), (1, "float32", "F"), (2, "uint8", "LA")):
        unet = kp.UNetGenerator(output_channels=channels, depth=2, filters=2)
        model = kp.Pix2Pix(unet)
        model.formats = model.formats[0], kp.data.Picture(channels, dtype=dtype)
        assert model.translate(Image.new("RGB", (5, 3))).mode == mode
    model.formats = model.formats[0], kp.data.Picture(2, dtype="uint16")
    with pytest.raises(ValueError, match=r"as an array.*2 channels of uint16"):
        model.translate(Image.new("RGB", (5, 3)))


def test_lists_of_any_kind_and_size(model, tmp_path):
    images = [drawn(8, 8, 3), drawn(8, 8, 3, seed=1), drawn(5, 7, 3), drawn(1, 1, 3)]
    Image.fromarray(images[1]).save(tmp_path / "mask.png")
    mixed = [images[0], str(tmp_path / "mask.png"), Image.fromarray(images[2]), images[3]]
    pictures = model.translate(mixed, batch_size=2)
    assert isinstance(pictures, list)
    assert isinstance(pictures[2], Image.Image)
    for picture, image in zip(pictures, images, strict=True):
        expected = model.translate(image)
        # Pictures of a batch are computed together, which may round another way.
        assert np.abs(np.asarray(picture).astype(int) - expected).max() <= 1


def test_a_list_of_conditions_of_several_images():
    unet = kp.UNetGenerator((None, None, 2), depth=2, filters=2)
    model = kp.Pix2Pix(unet)
    model.formats = (kp.data.Picture(1), kp.data.Picture(1)), kp.data.Picture(3)
    pairs = [(drawn(4, 4, 1, seed=2 * i), drawn(4, 4, 1, seed=2 * i + 1)) for i in range(3)]
    for picture, pair in zip(model.translate(pairs), pairs, strict=True):
        np.testing.assert_array_equal(picture, model.translate(pair))
    with pytest.raises(ValueError, match=r"made up of 2 images.*Received: 3"):
        model.translate([(*pairs[0], drawn(4, 4, 1))])


@pytest.mark.parametrize("paired", [False, True])
def test_datasets_of_tensorflow(model, paired):
    import tensorflow as tf

    images = drawn(5, 6, 7, 3)
    arrays = (images, images) if paired else images
    dataset = tf.data.Dataset.from_tensor_slices(arrays).batch(2)
    pictures = model.translate(dataset)
    assert isinstance(pictures, tf.data.Dataset)
    assert pictures.element_spec.dtype == tf.uint8
    assert tuple(pictures.element_spec.shape) == (None, 6, 7, 3)
    for _ in range(2):
        batches = [batch.numpy() for batch in pictures]
        assert [len(batch) for batch in batches] == [2, 2, 1]
        np.testing.assert_array_equal(np.concatenate(batches), model.translate(images))


def test_several_datasets_are_refused(model):
    dataset = kp.data.PairDataset(drawn(2, 8, 8, 3), drawn(2, 8, 8, 3))
    with pytest.raises(ValueError, match=r"a tuple of 2 datasets\. Zip them"):
        model.translate((dataset, dataset))


def test_pair_datasets_and_iterators_are_read_when_they_are_asked(model):
    images = drawn(4, 8, 8, 3)
    dataset = kp.data.PairDataset(images, images, batch_size=2, shuffle=False)
    pictures = list(model.translate(dataset))
    np.testing.assert_array_equal(np.concatenate(pictures), model.translate(images))
    read = []

    def batches():
        for image in images:
            read.append(image)
            yield [image[None], image[None]]

    pictures = model.translate(batches())
    assert not read
    np.testing.assert_array_equal(next(pictures)[0], model.translate(images[0]))
    assert len(read) == 1


def test_samples_are_those_of_the_following_seeds(model):
    batch = drawn(2, 8, 8, 3)
    options = {"stochastic": True, "batch_size": 2}
    samples = model.translate(batch, seed=5, samples=3, **options)
    assert samples.shape == (3, 2, 8, 8, 3)
    for number, sample in enumerate(samples):
        np.testing.assert_array_equal(model.translate(batch, seed=5 + number, **options), sample)
    several = model.translate(Image.fromarray(batch[0]), seed=5, samples=2, **options)
    assert [type(picture) for picture in several] == [Image.Image] * 2
    assert model.translate(batch[0], samples=1, **options).shape == (1, 8, 8, 3)
    tiled = model.translate(batch[0], samples=2, tile=8, overlap=4, **options)
    assert tiled.shape == (2, 8, 8, 3)
    for bad in ({"samples": 2}, {"samples": 0, "stochastic": True}):
        with pytest.raises(ValueError, match=r"samples.*stochastic=True"):
            model.translate(batch, **bad)


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (7, 2), (9, 11)])
@pytest.mark.parametrize("tile", [None, 8])
def test_the_residual_generator_takes_any_size(size, tile):
    model = kp.Pix2Pix(kp.ResNetGenerator(blocks=1, filters=2))
    assert model.translate(drawn(*size, 3), tile=tile, overlap=0).shape == (*size, 3)


def test_a_generator_of_a_fixed_size():
    unet = kp.UNetGenerator((8, 8, 3), depth=2, filters=2)
    model = kp.Pix2Pix(unet)
    assert model.translate(drawn(7, 8, 3)).shape == (7, 8, 3)
    with pytest.raises(ValueError, match=r"height 8 and width 8.*height 9.*\(None, None"):
        model.translate(drawn(9, 8, 3))
    assert model.translate(drawn(20, 21, 3), tile=8, overlap=4).shape == (20, 21, 3)


def test_large_files_in_tiles(model, tmp_path):
    image = drawn(30, 21, 3)
    Image.fromarray(image).save(tmp_path / "mask.png")
    np.save(tmp_path / "mask.npy", image)
    expected = model.translate(image, tile=16, overlap=8)
    for name in ("mask.png", "mask.npy"):
        picture = model.translate(tmp_path / name, tile=16, overlap=8)
        np.testing.assert_array_equal(picture, expected)
    picture = model.translate(Image.fromarray(image), tile=16, overlap=8)
    np.testing.assert_array_equal(np.asarray(picture), expected)


def seen_halves(model):
    """A copy of a model that was trained on the left halves of 8 x 16 pixels."""
    twin = kp.Pix2Pix(model.generator, model.discriminator)
    twin.seen = SeenImages((8, 8), "left", (8, 8))
    return twin


def test_images_of_another_kind_than_in_the_training_are_told_once(model, tmp_path):
    for name, shape in (("a", (8, 16)), ("b", (16, 32)), ("c", (40, 40)), ("d", (12, 9))):
        Image.fromarray(drawn(*shape, 3)).save(tmp_path / f"{name}.png")
    trained = seen_halves(model)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        done = trained.translate_files(tmp_path, tmp_path.parent / "doubted")
    assert len(done.written) == 4
    half, scale = [str(warning.message) for warning in told if warning.category is UserWarning]
    assert "a.png has the proportions of both halves" in half and "translate its left half" in half
    assert "c.png has 40 x 40 pixels" in scale and "5.0 times larger" in scale
    with pytest.warns(UserWarning, match="The image has 40 x 40 pixels"):
        trained.translate(drawn(40, 40, 3))
    with pytest.warns(UserWarning, match="The image has the proportions of both"):
        trained.translate(drawn(2, 8, 16, 3))
    # Tiles are of larger views. Nothing is known of a model that no `PairDataset` has trained.
    trained.translate(drawn(40, 40, 3), tile=8, overlap=4)
    model.translate(drawn(40, 40, 3))


def test_what_a_training_saw_is_saved_with_the_model(tmp_path):
    images = [drawn(8, 8, 3, seed=seed) for seed in range(2)]
    model = kp.Pix2Pix(
        kp.UNetGenerator(depth=2, filters=2), kp.PatchDiscriminator(receptive_field=1, filters=2)
    )
    model.compile()
    model.fit(kp.data.PairDataset(images, images[::-1]), verbose=0)
    assert model.seen == SeenImages((8, 8), None, None)
    for seen in (model.seen, SeenImages(None, "top", (4, 8)), None):
        model.seen = seen
        model.save(tmp_path / "model.keras")
        assert keras.saving.load_model(tmp_path / "model.keras").seen == seen


def test_a_photo_for_a_model_of_class_ids_is_refused(tmp_path):
    labels = kp.Pix2Pix(kp.UNetGenerator((None, None, 7), depth=2, filters=2))
    labels.formats = (kp.data.Labels(7, ignore=255),), kp.data.Picture(3)
    Image.fromarray(drawn(32, 32, 3)).save(tmp_path / "photo.png")
    Image.fromarray(drawn(32, 32)).save(tmp_path / "grey.png")
    Image.fromarray(drawn(32, 32) % 2 * 9).save(tmp_path / "few.png")
    with pytest.raises(ValueError, match=r"photo\.png has more than 256 colors.* from 0 to 6, or"):
        labels.translate(tmp_path / "photo.png")
    with pytest.raises(ValueError, match=r"grey\.png must have labels from 0 to 6.*has a picture"):
        labels.translate(tmp_path / "grey.png")
    with pytest.raises(ValueError, match=r"few\.png must have labels.*Labels\(10\)"):
        labels.translate(tmp_path / "few.png")
    done = labels.translate_files(tmp_path, tmp_path.parent / "refused")
    assert [len(done.written), len(done.broken)] == [0, 3]
