"""A first phase with a frozen encoder: who learns, when it ends, and how it goes on."""

import keras
import numpy as np
import pytest
from checks import noise, numpy

import keras_pix2pix as kp


@keras.saving.register_keras_serializable(package="tests")
class Pretrained(kp.Generator):
    """A convolution that stands for a pretrained encoder, and another one behind it."""

    def __init__(self, filters=4, output_activation="tanh", dtype=None, **kwargs):
        kwargs.pop("image_shape", None), kwargs.pop("output_channels", None)
        x = inputs = keras.Input((None, None, 3), name="condition")
        photos = keras.Input((None, None, 3))
        encode = kp.ConvBlock(filters, 3, 1, normalization=None, dtype=dtype)
        x = keras.Model(photos, encode(photos), name="encoder")(x)
        x = kp.ConvBlock(3, 3, 1, normalization=None, activation=None, name="last", dtype=dtype)(x)
        super().__init__(inputs, x, output_activation, dtype, **kwargs)
        self.filters = filters

    @property
    def encoder(self):
        return self.get_layer("encoder")

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


def new(optimizer=None, **options):
    keras.utils.set_random_seed(0)
    discriminator = kp.PatchDiscriminator(receptive_field=1, filters=2)
    model = kp.Pix2Pix(Pretrained(dtype=options.pop("dtype", None)), discriminator)
    model.compile(optimizer or keras.optimizers.Adam(1e-2, beta_1=0.5), **options)
    return model


def values(variables):
    return [numpy(variable).copy() for variable in variables]


def moved(before, layer):
    """Return how far the weights of a layer have moved at most."""
    return max(np.abs(a - b).max() for a, b in zip(before, values(layer.weights), strict=True))


@pytest.mark.parametrize("options", [{}, {"update": "simultaneous"}, {"adversarial_loss": None}])
@pytest.mark.parametrize("run_eagerly", [True, False])
def test_the_encoder_waits_and_then_learns_as_if_it_had_never(pairs, run_eagerly, options):
    options = {**options, "run_eagerly": run_eagerly}
    model = new(frozen_encoder_steps=2, **options)
    encoder, last = model.generator.encoder, model.generator.get_layer("last")
    start = values(encoder.weights)
    for _ in range(2):
        before = values(last.weights)
        model.train_on_batch(*pairs)
        assert moved(start, encoder) == 0
        assert moved(before, last) > 1e-3

    free = new(**options)
    state = [*model.variables, *model.optimizer.variables]
    for one, other in zip([*free.variables, *free.optimizer.variables], state, strict=True):
        one.assign(numpy(other).copy())
    for _ in range(2):
        model.train_on_batch(*pairs)
        free.train_on_batch(*pairs)
    for one, other in zip(free.generator.weights, model.generator.weights, strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-5)
    # Not much farther than two times the learning rate.
    assert 1e-3 < moved(start, encoder) < 4e-2


def test_adam_takes_no_leap_when_the_phase_ends(pairs):
    model = new(frozen_encoder_steps=3)
    start = values(model.generator.encoder.weights)
    for _ in range(3):
        model.train_on_batch(*pairs)
    assert moved(start, model.generator.encoder) == 0
    model.train_on_batch(*pairs)
    assert moved(start, model.generator.encoder) < 2 * 1e-2


def test_fit_counts_steps(pairs):
    # Keras refuses several steps in one call on torch.
    several = {} if keras.backend.backend() == "torch" else {"steps_per_execution": 2}
    model = new(frozen_encoder_steps=4, **several)
    start = values(model.generator.encoder.weights)
    model.fit(*pairs, batch_size=2, epochs=1, verbose=0)
    assert moved(start, model.generator.encoder) == 0
    model.fit(*pairs, batch_size=2, epochs=1, verbose=0)
    assert moved(start, model.generator.encoder) > 1e-3


def test_a_loaded_model_goes_on_where_it_was(pairs, tmp_path):
    model = new(frozen_encoder_steps=2)
    start = values(model.generator.encoder.weights)
    model.train_on_batch(*pairs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.frozen_encoder_steps == 2
    loaded.train_on_batch(*pairs)
    assert moved(start, loaded.generator.encoder) == 0
    loaded.train_on_batch(*pairs)
    assert moved(start, loaded.generator.encoder) > 1e-3


def test_averages_have_the_frozen_weights(pairs):
    model = new(frozen_encoder_steps=2, ema=0.9)
    condition = noise(1, 8, 8, 3)
    before = numpy(model.generator.encoder(condition))
    model.fit(*pairs, batch_size=4, verbose=0)
    averages = model.optimizer.generator_averages
    with averages.in_place(model):
        after = numpy(model.generator.encoder(condition))
    np.testing.assert_allclose(after, before, atol=1e-6)


def test_in_half_precision(pairs):
    if keras.backend.backend() == "torch":
        pytest.skip("mixed precision does not train on a CPU there")
    model = new(dtype="mixed_float16", frozen_encoder_steps=1)
    start = values(model.generator.encoder.weights)
    # The first steps are left out, until the scale of the loss is small enough.
    for _ in range(20):
        model.train_on_batch(*pairs)
        if int(numpy(model.optimizer.iterations)) <= 1:
            assert moved(start, model.generator.encoder) == 0
    assert moved(start, model.generator.encoder) > 1e-3


def compile_with(generator, **options):
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=1, filters=2))
    model.compile(**options)


@pytest.mark.parametrize("steps", [-1, 2.0, True, "all"])
def test_what_is_no_number_of_steps(steps):
    with pytest.raises(ValueError, match=f"int of at least 0. Received: {steps!r}"):
        compile_with(Pretrained(), frozen_encoder_steps=steps)


def test_a_generator_without_an_encoder_to_train():
    with pytest.raises(ValueError, match=r"EfficientNetGenerator.*mine, which has no encoder"):
        generator = kp.UNetGenerator(depth=2, filters=2, name="mine")
        compile_with(generator, frozen_encoder_steps=1)
    generator = Pretrained(name="mine")
    generator.encoder.trainable = False
    with pytest.raises(ValueError, match="mine, whose encoder is not trained"):
        compile_with(generator, frozen_encoder_steps=1)


def test_averages_of_the_optimizer_are_refused():
    optimizer = keras.optimizers.Adam(use_ema=True)
    with pytest.raises(ValueError, match=r"use_ema=True.*compile\(ema="):
        compile_with(Pretrained(), generator_optimizer=optimizer, frozen_encoder_steps=1)
