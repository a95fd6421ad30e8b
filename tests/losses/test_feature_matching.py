"""Feature matching against plain PyTorch, and discriminators that it cannot work with."""

import keras
import numpy as np
import pytest
import torch
from checks import numpy
from plain_torch import Discriminator, as_nchw, tensor

import keras_pix2pix as kp
from keras_pix2pix.losses import FeatureMatching

RATE = 0.1


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_value_and_gradient_are_those_of_pytorch(linear, images, run_eagerly):
    options = {"adversarial_loss": "hinge", "reconstruction_weight": 0.0}
    terms = [FeatureMatching(3.0)]
    model = linear("generator", generator_terms=terms, run_eagerly=run_eagerly, **options)
    condition, target = map(as_nchw, images)
    kernel = tensor(model.generator.get_layer("colors").kernel, requires_grad=True)
    generated = torch.einsum("bihw,io->bohw", condition, kernel[0, 0])
    discriminator = Discriminator(model.discriminator)
    logits, features = discriminator(condition, generated)
    _, wanted = discriminator(condition, target)
    distance = sum((one.detach() - other).abs().mean() for one, other in zip(wanted, features))
    loss = 3.0 * distance - logits.mean()
    (gradient,) = torch.autograd.grad(loss, kernel)

    logs = model.train_on_batch(*images, return_dict=True)
    assert logs["feature_matching"] == pytest.approx(distance.item(), rel=1e-4)
    assert logs["loss"] == pytest.approx(loss.item(), rel=1e-4)
    moved = numpy(model.generator.get_layer("colors").kernel) - kernel.detach().numpy()
    np.testing.assert_allclose(moved, -RATE * gradient.numpy(), rtol=1e-3, atol=1e-5)


def test_scales_are_averaged(linear, images):
    """Two scales that are the same network give what one gives."""
    condition, target = keras.Input((None, None, 3)), keras.Input((None, None, 3))
    one = kp.PatchDiscriminator(receptive_field=16, filters=4, name="one")
    other = kp.PatchDiscriminator(receptive_field=16, filters=4, name="other")
    other.set_weights(one.get_weights())
    logits = [one([condition, target]), other([condition, target])]
    generator = linear("generator").generator
    values = []
    for discriminator in (one, keras.Model([condition, target], logits)):
        model = kp.Pix2Pix(generator, discriminator)
        model.compile(generator_terms=[FeatureMatching()], run_eagerly=True)
        values.append(model.test_on_batch(*images, return_dict=True))
    assert values[0] == pytest.approx(values[1], rel=1e-5)
    assert values[0]["feature_matching"] > 0


def test_a_single_convolution_has_nothing_inside():
    pair = [keras.Input((None, None, 3)) for _ in range(2)]
    logits = keras.layers.Conv2D(1, 4)(keras.layers.Concatenate()(pair))
    model = kp.Pix2Pix(kp.UNetGenerator(depth=2, filters=2), keras.Model(pair, logits))
    with pytest.raises(ValueError, match="feature_matching compares the inner feature maps"):
        model.compile(generator_terms=[FeatureMatching()])
