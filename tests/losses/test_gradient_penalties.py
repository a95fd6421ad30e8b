"""R1 and the gradient penalty against plain PyTorch, once and every so many steps."""

import keras
import numpy as np
import pytest
import torch
from checks import noise, numpy
from plain_torch import Discriminator, as_nchw, slope_of_mean_logit
from torch.nn import functional

import keras_pix2pix as kp
from keras_pix2pix.losses import R1, R2, GradientPenalty
from keras_pix2pix.losses.gradient_penalties import mean_logit

RATE = 0.1


def r1(discriminator, condition, target):
    slope = slope_of_mean_logit(discriminator, condition, target)
    return slope.square().sum(dim=(1, 2, 3)).mean()


def discriminator_loss(discriminator, condition, target, generated):
    real, _ = discriminator(condition, target)
    fake, _ = discriminator(condition, generated)
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def check_moved(model, before, loss):
    """The weights of the discriminator moved against the gradient of a loss in PyTorch."""
    gradients = torch.autograd.grad(loss, list(before.weights.values()))
    for variable, old, gradient in zip(
        model.discriminator.trainable_variables, before.weights.values(), gradients, strict=True
    ):
        moved = numpy(variable) - old.detach().numpy()
        np.testing.assert_allclose(
            moved, -RATE * gradient.numpy(), rtol=2e-3, atol=2e-6, err_msg=variable.path
        )


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_r1_and_its_gradient_are_those_of_pytorch(linear, images, run_eagerly):
    model = linear("discriminator", discriminator_terms=[R1(40.0)], run_eagerly=run_eagerly)
    condition, target = map(as_nchw, images)
    discriminator = Discriminator(model.discriminator)
    penalty = r1(discriminator, condition, target)
    loss = discriminator_loss(discriminator, condition, target, 0.5 * condition) + 40.0 * penalty
    held_out = model.test_on_batch(*images, return_dict=True)
    model.reset_metrics()
    logs = model.train_on_batch(*images, return_dict=True)
    for found in (logs, held_out):
        assert found["r1"] == pytest.approx(penalty.item(), rel=1e-3)
        assert found["discriminator_loss"] == pytest.approx(0.5 * loss.item(), rel=1e-4)
    check_moved(model, discriminator, 0.5 * loss)


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_r2_is_r1_at_generated_pictures(linear, images, run_eagerly):
    terms = [R1(10.0), R2(20.0)]
    model = linear("discriminator", discriminator_terms=terms, run_eagerly=run_eagerly)
    condition, target = map(as_nchw, images)
    discriminator = Discriminator(model.discriminator)
    penalties = [r1(discriminator, condition, image) for image in (target, 0.5 * condition)]
    loss = discriminator_loss(discriminator, condition, target, 0.5 * condition)
    loss = loss + 10.0 * penalties[0] + 20.0 * penalties[1]
    logs = model.train_on_batch(*images, return_dict=True)
    for name, penalty in zip(("r1", "r2"), penalties):
        assert logs[name] == pytest.approx(penalty.item(), rel=1e-3)
    assert penalties[0].item() != pytest.approx(penalties[1].item(), rel=0.05)
    check_moved(model, discriminator, 0.5 * loss)


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_a_lazy_penalty_counts_as_often_as_it_is_left_out(linear, images, run_eagerly):
    model = linear("discriminator", discriminator_terms=[R1(40.0, 3)], run_eagerly=run_eagerly)
    condition, target = map(as_nchw, images)
    for step in range(4):
        discriminator = Discriminator(model.discriminator)
        loss = discriminator_loss(discriminator, condition, target, 0.5 * condition)
        penalty = r1(discriminator, condition, target) * (step % 3 == 0)
        loss = loss + 3 * 40.0 * penalty
        logs = model.train_on_batch(*images, return_dict=True)
        check_moved(model, discriminator, 0.5 * loss)
        assert logs["r1"] == pytest.approx(penalty.item(), rel=1e-3)
    held_out = model.test_on_batch(*images, return_dict=True)
    penalty = r1(Discriminator(model.discriminator), condition, target)
    assert held_out["r1"] == pytest.approx(penalty.item(), rel=1e-3)


def test_a_lazy_penalty_is_reported_as_its_mean_where_it_was_computed(linear, images):
    model = linear(None, discriminator_terms=[R1(every=3)], run_eagerly=True)
    penalty = r1(Discriminator(model.discriminator), *map(as_nchw, images))
    data = [np.tile(side, (4, 1, 1, 1)) for side in images]
    history = model.fit(*data, batch_size=2, shuffle=False, verbose=0).history
    assert history["r1"] == pytest.approx([penalty.item()], rel=1e-3)


def test_the_gradient_penalty_is_taken_at_a_drawn_point_of_each_pair(linear, images, monkeypatch):
    """Shares are drawn once for each pair, from the seed of the model; here they are known."""
    shares = np.array([0.25, 0.75], "float32").reshape(2, 1, 1, 1)
    drawn = []

    def uniform(shape, seed=None, **options):
        drawn.append((tuple(shape), seed))
        return keras.ops.convert_to_tensor(shares)

    monkeypatch.setattr(keras.random, "uniform", uniform)
    model = linear("discriminator", discriminator_terms=[GradientPenalty(7.0)], run_eagerly=True)
    condition, target = map(as_nchw, images)
    discriminator = Discriminator(model.discriminator)
    share = torch.tensor(shares)
    between = share * target + (1 - share) * 0.5 * condition
    norm = slope_of_mean_logit(discriminator, condition, between).square().sum(dim=(1, 2, 3)).sqrt()
    penalty = (norm - 1).square().mean()
    loss = discriminator_loss(discriminator, condition, target, 0.5 * condition) + 7.0 * penalty
    logs = model.train_on_batch(*images, return_dict=True)
    assert drawn == [((2, 1, 1, 1), model.penalty_seed)]
    assert logs["gradient_penalty"] == pytest.approx(penalty.item(), rel=1e-4)
    check_moved(model, discriminator, 0.5 * loss)


def test_shares_differ_between_pairs_and_steps(linear, images):
    same = [np.repeat(side[:1], 2, axis=0) for side in images]
    model = linear(None, discriminator_terms=[GradientPenalty()], run_eagerly=True)
    values = []
    for _ in range(3):
        values.append(model.train_on_batch(*same, return_dict=True)["gradient_penalty"])
        model.reset_metrics()
    assert len({round(value, 7) for value in values}) == 3


def test_a_slope_of_0_can_be_learned_from(images):
    pair = [keras.Input((None, None, 3)) for _ in range(2)]
    logits = keras.layers.Conv2D(1, 1, kernel_initializer="zeros")(keras.layers.Concatenate()(pair))
    model = kp.Pix2Pix(kp.UNetGenerator(depth=2, filters=2), keras.Model(pair, logits))
    model.compile(discriminator_terms=[GradientPenalty()], run_eagerly=True)
    assert model.train_on_batch(*images, return_dict=True)["gradient_penalty"] == pytest.approx(
        1.0, abs=1e-5
    )
    assert all(np.isfinite(numpy(v)).all() for v in model.discriminator.variables)


@pytest.mark.parametrize("term", [R1, R2, GradientPenalty])
def test_batch_norm_mixes_images_and_is_refused(term):
    discriminator = kp.PatchDiscriminator(receptive_field=16, filters=2, normalization="batch")
    model = kp.Pix2Pix(kp.UNetGenerator(depth=2, filters=2), discriminator)
    with pytest.raises(ValueError, match="batch normalization mixes"):
        model.compile(discriminator_terms=[term()])


@pytest.mark.parametrize("every", [0, -1, 1.5])
def test_r1_of_no_step(every):
    with pytest.raises(
        ValueError, match=f"every must be an int of at least 1. Received: every={every}"
    ):
        R1(every=every)


def test_the_mean_logit_is_of_whole_maps_and_of_all_scales():
    scales = [
        keras.ops.convert_to_tensor(noise(2, 3, 4, 1)),
        keras.ops.convert_to_tensor(noise(2, 5)),
    ]
    expected = np.mean([numpy(scale).reshape(2, -1).mean(axis=1) for scale in scales], axis=0)
    np.testing.assert_allclose(numpy(mean_logit(scales)), expected, rtol=1e-5)
