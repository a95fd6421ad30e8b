"""What all tests share: tiny networks, tiny pairs, and the files beside the checkout."""

from pathlib import Path

import keras
import numpy as np
import pytest
from browser import launched

import keras_pix2pix as kp

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection_modifyitems(items):
    """Look at pages on one backend only: they are the same on all, and browsers take long."""
    if keras.backend.backend() == "tensorflow":
        return
    once = pytest.mark.skip(reason="pages are looked at on TensorFlow, which exports them")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(once)


@pytest.fixture(scope="session")
def chromium():
    """The browser for all pages."""
    with launched() as browser:
        yield browser


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")
def shared():
    """The folder of reference records and real pictures."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with records and pictures is not there")
    return SHARED


@pytest.fixture(scope="session")
def pairs():
    """Eight pairs of 16 x 16 pixels; the target is the condition with its colors exchanged."""
    rng = np.random.default_rng(0)
    coarse = rng.uniform(-1, 1, (8, 4, 4, 3)).astype("float32")
    condition = coarse.repeat(4, axis=1).repeat(4, axis=2)
    return condition, condition[..., ::-1].copy()


@pytest.fixture(scope="session")
def tiny():
    """A function that makes a Pix2Pix of a few hundred parameters for 16 x 16 pixels."""

    def make(discriminator=None, normalization="instance", **generator):
        options = {"depth": 2, "filters": 4, "normalization": normalization, **generator}
        unet = kp.UNetGenerator(**options)
        if discriminator is None:
            discriminator = kp.PatchDiscriminator(
                receptive_field=16, filters=4, normalization=normalization
            )
        return kp.Pix2Pix(unet, discriminator)

    return make
