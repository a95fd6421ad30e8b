"""What only PyTorch has: a step of a training on a GPU never waits for it."""

import keras
import pytest

if keras.backend.backend() != "torch":
    pytest.skip("is about PyTorch", allow_module_level=True)

import torch
from checks import noise
from torch.utils._python_dispatch import TorchDispatchMode

import keras_pix2pix as kp
from keras_pix2pix.training.backends import torch_adam


class NumbersRead(TorchDispatchMode):
    """Counts the numbers that Python reads from tensors, for each of which it waits for a GPU."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_step_reads_no_number(monkeypatch, dropout):
    generator = kp.UNetGenerator(depth=2, filters=4, dropout=dropout)
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=1, filters=4))
    model.compile(adversarial_loss="hinge", ema=0.9)
    # On a GPU, Adam is Keras' own.
    monkeypatch.setattr(torch_adam, "_can_be_fused", lambda tensors: False)
    pair = [keras.ops.convert_to_tensor(noise(2, 16, 16, 3)) for _ in range(2)]
    model.train_on_batch(*pair)
    with NumbersRead() as numbers:
        model.train_step(tuple(pair))
    # Keras reads the seed of a dropout, and depth 2 has one.
    assert numbers.count == (1 if dropout else 0)
