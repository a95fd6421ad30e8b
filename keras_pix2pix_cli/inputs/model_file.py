"""Models in `.keras` files."""

from pathlib import Path

import keras

from keras_pix2pix.data.files.writing import atomic_path
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.types import PathLike


def save(model: Pix2Pix, path: PathLike) -> None:
    """Write a model to a file, completely or not at all."""
    with atomic_path(path) as temporary:
        model.save(temporary)


def load(path: PathLike) -> Pix2Pix:
    """Load a model from a file.

    Args:
        path: path of the `.keras` file.

    Returns:
        A `Pix2Pix`.

    Raises:
        ValueError: if there is no such file, or if it does not hold a `Pix2Pix`.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path}")
    try:
        model = keras.saving.load_model(path)
    except Exception as error:
        # Keras raises TypeError, KeyError, zipfile.BadZipFile and more.
        lines = str(error).strip().splitlines()
        raise ValueError(
            f"{path} cannot be loaded as a Keras model: {lines[0] if lines else type(error)}"
        ) from error
    if not isinstance(model, Pix2Pix):
        raise ValueError(
            f"{path} must hold a Pix2Pix, as keras-pix2pix train and Pix2Pix.save write it. "
            f"Received: a {type(model).__name__}"
        )
    return model
