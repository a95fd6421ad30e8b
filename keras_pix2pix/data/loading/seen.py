"""What a training saw of its images, which tells images that a model was not trained for."""

import math
from typing import NamedTuple

import numpy as np

from keras_pix2pix.data.files.geometry import Size
from keras_pix2pix.data.loading.reader import PairReader
from keras_pix2pix.data.pairing.halves import HalfOfImage

# An image whose sides are so many times those of the training shows things at another scale.
FAR = 2.0
# How far proportions may differ that count as equal.
TOLERANCE = 0.02


class SeenImages(NamedTuple):
    """What a training saw of its images. It is saved with the model.

    Attributes:
        size: tuple `(height, width)` of a usual image as the network got it; `None` if windows were
            cut out of larger images.
        half: str, the half of its file that each condition was, or `None` for whole files.
        half_size: tuple `(height, width)` of a usual half in its file, or `None`.
    """

    size: Size | None
    half: str | None
    half_size: Size | None

    @classmethod
    def of(cls, reader: PairReader, shapes: np.ndarray) -> "SeenImages":
        """Return what a reader shows of images.

        Args:
            reader: `PairReader` of the pairs.
            shapes: int array of shape `(count, 2)`, the height and width of each image.
        """
        height, width = np.median(shapes, axis=0).astype(int).tolist()
        stored = height, width
        first = reader.sources[0].images[reader.numbers[0]]
        half = first.half if isinstance(first, HalfOfImage) else None
        size = reader.image_size or stored
        return cls(None if reader.resize is None else size, half, stored if half else None)

    def doubt(self, height: int, width: int, tiled: bool) -> tuple[str, str] | None:
        """Return why an image may not be what the model was trained for.

        Args:
            height: int, of the image in pixels.
            width: int, of the image in pixels.
            tiled: bool, whether it is generated in tiles: then it may be a larger view.

        Returns:
            A tuple of the name of the doubt, and a text that goes on after the name of the image;
            or `None`.
        """
        if self.half_size:
            proportion = height * self.half_size[1] / (width * self.half_size[0])
            whole = 0.5 if self.half in ("left", "right") else 2
            if abs(math.log(proportion / whole)) < TOLERANCE:
                return "half", (
                    "has the proportions of both halves together, and the model was trained on the "
                    f"{self.half} halves of such images. If it holds a pair, cut out and translate "
                    f"its {self.half} half."
                )
        if self.size is None:
            return None
        times = math.sqrt(height * width / math.prod(self.size))
        if times >= 1 / FAR and (tiled or times <= FAR):
            return None
        usual = f"{self.size[0]} x {self.size[1]}"
        larger = f"{times:.1f} times larger" if times > 1 else f"{1 / times:.1f} times smaller"
        view = " If it is a larger view at the same scale, use tile=512." if times > 1 else ""
        return "scale", (
            f"has {height} x {width} pixels (height x width), and the model was trained on images "
            f"of {usual}: what it shows is {larger}. Scale it to about {usual} first.{view}"
        )


class Checked(NamedTuple):
    """What is known of pairs that can be trained on.

    Attributes:
        smallest: tuple `(height, width)`, the size of the smallest pair as it is trained on.
        name: str, the name of this pair.
        seen: `SeenImages`.
    """

    smallest: Size
    name: str
    seen: SeenImages
