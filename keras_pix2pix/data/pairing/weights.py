"""Images that say how much each pixel of a target counts."""

import numpy as np

from keras_pix2pix.data.files.conversion import from_model_range, with_channels
from keras_pix2pix.data.files.formats import Format
from keras_pix2pix.data.pairing.sources import Images, ImageSource, check_count_and_shape


class Weights(Format):
    """Weights: of unsigned integers the largest value of their type is 1; floats are as stored."""

    palette_indices = False

    @property
    def channels(self) -> int:
        """Number of channels, which is 1."""
        return 1

    def prepared(self, image: np.ndarray, name: str) -> np.ndarray:
        """Return a stored image as float32 weights of shape `(height, width, 1)`.

        Args:
            image: array of shape `(height, width, channels)`.
            name: str, the image in an error message.

        Raises:
            ValueError: for several channels that differ, and for values that cannot weigh.
        """
        image = with_channels(image, 1, name)
        if image.dtype.kind in "bu":
            return image.astype("float32") / (
                np.iinfo(image.dtype).max if image.dtype != bool else 1
            )
        # "Any is below 0" would be false for NaN.
        if image.dtype.kind != "f" or not (image.min() >= 0 and np.isfinite(image.max())):
            raise ValueError(
                f"{name} must hold weights: unsigned integers, or finite floats of at least 0. "
                f"Received: {image.dtype} from {image.min():g} to {image.max():g}"
            )
        return image.astype("float32")

    def encode(self, image: np.ndarray, name: str = "images") -> np.ndarray:
        """Return prepared weights as they are.

        Args:
            image: array of shape `(..., height, width, 1)`.
            name: str, not used. Defaults to `"images"`.
        """
        return image

    def as_rgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return weights from 0 to 1 as uint8 RGB colors, from black to white.

        Args:
            pixels: array of shape `(..., height, width, 1)`.
        """
        return np.repeat(from_model_range(np.asarray(pixels) * 2 - 1), 3, axis=-1)


def source_of_weights(images: Images | None, count: int) -> ImageSource | None:
    """Return the source of the weights of a set of pairs.

    Args:
        images: as `ImageSource.images`, or `None`: there are no weights.
        count: int, number of pairs.

    Raises:
        ValueError: if there are not as many images as pairs, and for an array that is not images.
    """
    if images is None:
        return None
    source = ImageSource(images, Weights(), "weight")
    check_count_and_shape(source, count)
    return source
