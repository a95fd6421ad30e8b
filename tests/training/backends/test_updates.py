"""The optimizers of a compiled model do what Keras' own do, however they are set."""

import keras
import numpy as np
import pytest
from checks import numpy
from keras import ops

OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.01, beta_1=0.5, epsilon=1e-3),
    "schedule": lambda: keras.optimizers.Adam(
        keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)
    ),
    "amsgrad": lambda: keras.optimizers.Adam(0.01, amsgrad=True),
    "clipnorm": lambda: keras.optimizers.Adam(0.01, clipnorm=0.1),
    "global_clipnorm": lambda: keras.optimizers.Adam(0.01, global_clipnorm=0.1),
    "weight decay": lambda: keras.optimizers.Adam(0.01, weight_decay=0.1),
    "average": lambda: keras.optimizers.Adam(0.01, use_ema=True, ema_overwrite_frequency=2),
    "accumulation": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2),
    "adamw": lambda: keras.optimizers.AdamW(0.01),
    "nadam": lambda: keras.optimizers.Nadam(0.01),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5),
    "sgd": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "loss scale": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_update_is_that_of_keras(name, tiny):
    model = tiny()
    model.compile(OPTIMIZERS[name](), keras.optimizers.SGD(0.1))
    ours, weights = model.optimizer.generator, model.generator.trainable_variables
    plain, copies = OPTIMIZERS[name](), [keras.Variable(numpy(weight)) for weight in weights]
    plain.build(copies)
    rng = np.random.default_rng(0)
    for _ in range(4):
        gradients = [rng.normal(0, 0.1, weight.shape).astype("float32") for weight in weights]
        for optimizer, variables in ((ours, weights), (plain, copies)):
            update(optimizer, [ops.convert_to_tensor(g) for g in gradients], variables)
    for weight, copy in zip(weights, copies):
        np.testing.assert_allclose(numpy(weight), numpy(copy), rtol=2e-5, atol=2e-6)
    for one, other in zip(ours.variables, plain.variables, strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), rtol=2e-5, atol=2e-6)


def update(optimizer, gradients, variables):
    if keras.backend.backend() == "jax":
        values = optimizer.stateless_apply(
            [v.value for v in optimizer.variables], gradients, [v.value for v in variables]
        )
        for group, new in zip((variables, optimizer.variables), values):
            for variable, value in zip(group, new):
                variable.assign(value)
    else:
        optimizer.apply(gradients, variables)


def test_weights_without_a_gradient_stay(tiny):
    model = tiny()
    model.compile()
    weights = model.generator.trainable_variables
    before = [numpy(weight).copy() for weight in weights]
    gradients = [None] + [ops.ones(weight.shape) for weight in weights[1:]]
    if keras.backend.backend() == "jax":
        pytest.skip("JAX gives a gradient for each variable")
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        model.optimizer.generator.apply(gradients, weights)
    np.testing.assert_array_equal(numpy(weights[0]), before[0])
    assert all((numpy(w) != b).all() for w, b in zip(weights[1:], before[1:]))


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="only PyTorch has strides")
def test_kernels_lie_as_convolutions_read_them(tiny, tmp_path):
    import torch

    model = tiny()
    model.compile(ema=0.9)
    down, up = (model.generator.get_layer(name).convolution.kernel for name in ("down_1", "up_1"))
    for kernel, layout in ((down, torch.channels_last), (up, torch.contiguous_format)):
        assert kernel.value.permute(3, 2, 0, 1).is_contiguous(memory_format=layout)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    again = loaded.generator.get_layer("down_1").convolution.kernel
    assert again.value.stride() == down.value.stride()
    np.testing.assert_array_equal(numpy(again), numpy(down))
    optimizer = model.optimizer
    slots = [optimizer.generator._momentums, optimizer.generator_averages.averages]
    for variable, *kept in zip(model.generator.trainable_variables, *slots):
        assert all(slot.value.stride() == variable.value.stride() for slot in kept)
