"""A photo, its format, and folders of pictures."""

import numpy as np
import pytest
import skimage.data
from PIL import Image

from keras_pix2pix.data import Picture

PHOTO = Picture(3, interpolation="bicubic", dtype="uint8")


@pytest.fixture(scope="session")
def photo():
    """A cat, 64 x 96 pixels."""
    return np.asarray(Image.fromarray(skimage.data.chelsea()).resize((96, 64)))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def computed():
    """A function that returns the condition of a picture in 8 bits."""

    def compute(condition, image, picture=PHOTO):
        return condition.compute(image, np.random.default_rng(0), picture)

    return compute


@pytest.fixture(scope="session")
def photos(photo, tmp_path_factory):
    """A folder of four photos of 64 x 64 pixels."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(4):
        Image.fromarray(photo[:, 8 * number : 8 * number + 64]).save(folder / f"{number}.png")
    return folder
