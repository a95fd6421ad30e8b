"""Recipes: what they make of pairs, and that the models train, are saved and loaded."""

import inspect

import keras
import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix import recipes

RECIPES = {name: getattr(recipes, name) for name in ("paper", "sharp", "small", "labels")}


def pairs_of(size=16, channels=(3, 3), count=4, labels=None, **options):
    rng = np.random.default_rng(0)
    height, width = size if isinstance(size, tuple) else (size, size)
    sides = [rng.integers(0, 256, (count, height, width, c), "uint8") for c in channels]
    formats = tuple(kp.data.Picture(c) for c in channels)
    if labels:
        sides[1] = sides[1][..., :1] % labels
        formats = formats[0], kp.data.Labels(labels)
    return kp.data.PairDataset(*sides, formats=formats, image_size=(height, width), **options)


def compiled(model):
    return keras.saving.deserialize_keras_object(model.get_compile_config())


def test_the_papers_recipe_is_what_the_class_does_by_itself():
    model, plain = recipes.paper(pairs_of(256, count=1)), kp.Pix2Pix()
    plain.compile()
    for name in ("generator", "discriminator"):
        ours, papers = (getattr(m, name).get_config() for m in (model, plain))
        assert {**ours, "name": ""} == {**papers, "name": ""}
    for name, value in compiled(plain).items():
        ours = compiled(model)[name]
        if name.endswith("optimizer"):
            left_out = {"name", "learning_rate"}
            ours, value = (
                {k: v for k, v in o.get_config().items() if k not in left_out}
                for o in (ours, value)
            )
        assert ours == value, name


@pytest.mark.parametrize("name", RECIPES)
def test_rates_are_constant_then_fall_to_0_at_the_end_of_the_epochs(name):
    pairs = pairs_of(16, labels=3 if name == "labels" else None)
    model = RECIPES[name](pairs, epochs=50)
    other = RECIPES[name](pairs, epochs=4, steps_per_epoch=50)
    for optimizer in (*model.optimizer.optimizers, *other.optimizer.optimizers):
        if name == "labels" and optimizer is not model.optimizer.generator:
            continue
        found = []
        for step in (0, 100, 150, 200):
            optimizer.iterations.assign(step)
            found.append(float(optimizer.learning_rate))
        assert found == pytest.approx([found[0], found[0], found[0] / 2, 0], rel=1e-5)


@pytest.mark.parametrize(
    ("size", "depth", "plain"),
    [
        (16, 4, 3),
        (64, 6, 3),
        (100, 6, 2),
        (128, 7, 3),
        (256, 7, 2),
        (1024, 7, 0),
        ((32, 512), 5, 3),
    ],
)
def test_the_depth_fits_the_size_and_the_innermost_levels_have_no_normalization(size, depth, plain):
    generator = recipes.small(pairs_of(size, count=1)).generator
    assert (generator.depth, generator.plain_levels) == (depth, plain)


@pytest.mark.parametrize(
    ("recipe", "steps", "filters"),
    [("small", 20_001, 32), ("sharp", 20_000, 32), ("sharp", 20_001, 64)],
)
def test_the_generator_is_small_unless_the_training_is_long(recipe, steps, filters):
    generator = RECIPES[recipe](pairs_of(128, count=1), 1, steps_per_epoch=steps).generator
    assert generator.filters == filters
    assert (generator.count_params() < 4_000_000) == (filters == 32)


@pytest.mark.parametrize("channels", [(3, 3), (1, 1), (5, 3), (3, 4)])
def test_sharp_takes_any_channels(channels, tmp_path):
    pairs = pairs_of(16, channels)
    model = recipes.sharp(pairs, epochs=1, filters=2)
    photo = channels[1] in (1, 3)
    assert isinstance(model.discriminator, kp.ProjectedDiscriminator) == photo
    (term,) = compiled(model)["generator_terms"]
    assert isinstance(term, kp.losses.Perceptual if photo else kp.losses.FeatureMatching)


@pytest.mark.parametrize(
    ("steps", "ema"), [(10, 0.99), (10_000, 0.99), (50_000, 0.998), (10**6, 0.999)]
)
def test_the_average_reaches_over_a_part_of_the_training(steps, ema):
    model = recipes.small(pairs_of(16, count=1), epochs=1, steps_per_epoch=steps)
    assert compiled(model)["ema"] == pytest.approx(ema)


@pytest.mark.parametrize("name", RECIPES)
def test_models_train_and_come_back_from_a_file(name, tmp_path):
    pairs = pairs_of((20, 24), labels=3 if name == "labels" else None)
    filters = {"filters": 2} if "filters" in inspect.signature(RECIPES[name]).parameters else {}
    model = RECIPES[name](pairs, epochs=1, steps_per_epoch=1, metrics=[], **filters)
    history = model.fit(pairs, epochs=1, steps_per_epoch=1, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    image = pairs[0][0]
    np.testing.assert_array_equal(loaded.translate(image), model.translate(image))


def test_rare_classes_count_more():
    maps = np.zeros((1, 16, 16, 1), "uint8")
    maps[0, :4, :4] = 1  # 16 pixels, 240 of class 0, none of class 2
    pairs = kp.data.PairDataset(
        np.zeros((1, 16, 16, 3), "uint8"),
        maps,
        formats=(kp.data.Picture(3), kp.data.Labels(3)),
        image_size=16,
        augment=True,
    )
    model = recipes.labels(pairs)
    (term,) = compiled(model)["generator_terms"]
    median = (16 + 240) / 2
    assert term.class_weights == pytest.approx([(median / 240) ** 0.5, (median / 16) ** 0.5, 1.0])
    (metric,) = compiled(model)["metrics"]
    assert isinstance(metric, kp.metrics.LabelScores)


@pytest.mark.parametrize(("channels", "photos"), [(3, True), (1, True), (4, False)])
def test_labels_of_photos_begin_with_a_frozen_encoder(channels, photos):
    pairs = pairs_of(32, (channels, 3), labels=3)
    model = recipes.labels(pairs, epochs=5)
    assert isinstance(model.generator, kp.EfficientNetGenerator) == photos
    assert compiled(model)["frozen_encoder_steps"] == (10 if photos else 0)
    assert model.generator.output_shape[-1] == 3


def test_pictures_are_refused_where_labels_are_meant():
    with pytest.raises(ValueError, match=r"targets are data\.Labels"):
        recipes.labels(pairs_of())


def batches():
    images = np.zeros((1, 16, 16, 3), "float32")
    while True:
        yield images, images


@pytest.mark.parametrize(
    "data", [batches(), np.zeros((4, 16, 16, 3)), (np.zeros((4, 16, 16, 3)),) * 2]
)
def test_what_cannot_be_read_twice_is_refused(data):
    with pytest.raises(ValueError, match="read more than once"):
        recipes.sharp(data)


def test_other_datasets_are_taken(pairs):
    class Endless:
        def __iter__(self):
            return batches()

    with pytest.raises(ValueError, match="Give steps_per_epoch"):
        recipes.small(Endless())
    model = recipes.small(Endless(), epochs=2, steps_per_epoch=5)
    assert model.generator.input_shape[-1] == 3
