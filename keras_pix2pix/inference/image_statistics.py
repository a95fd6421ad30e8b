"""The statistics of instance and group norm over a whole image, gathered from its tiles."""

from collections.abc import Callable, Iterable
from typing import Optional

import keras
import numpy as np
from keras import ops

from keras_pix2pix.networks.rewriting import blocks, normalization_of, rebuilt, with_networks
from keras_pix2pix.training import backend
from keras_pix2pix.types import Tensor

# Statistics have settled when none changes by more than this share of its standard deviation.
SETTLED = 0.01

# A tile of shape (height, width, channels), and how much its rows and its columns count.
WeightedTile = tuple[np.ndarray, np.ndarray, np.ndarray]


class _Gathering(keras.layers.BatchNormalization):
    """Normalizes by stored statistics, and measures the statistics of what it sees.

    It measures while it has a `window`, which works in eager mode only.
    """

    groups: int
    # How much the rows and the columns of a tile count.
    window: tuple[np.ndarray, np.ndarray] | None = None

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor = None) -> Tensor:
        if self.window is not None:
            self._measure(inputs, self.window)
        return super().call(inputs, training=False)

    def begin(self, first: bool) -> None:
        """Start a pass over the tiles. In the first, each tile is normalized by its own moments."""
        self.first = first
        self.sums, self.area = np.zeros((2, self.moving_mean.shape[0])), 0.0

    def settle(self) -> float:
        """Store what was measured, and return by how many standard deviations it has changed."""
        before = self._stored()
        self._store(self.sums / self.area)
        (mean, variance), (old_mean, old_variance) = self._stored(), before
        deviation = np.sqrt(variance + self.epsilon)
        old_deviation = np.sqrt(old_variance + self.epsilon)
        changes = np.abs(mean - old_mean), np.abs(deviation - old_deviation)
        return max((change / deviation).max() for change in changes)

    def _measure(self, inputs: Tensor, window: tuple[np.ndarray, np.ndarray]) -> None:
        """Add the sums of one tile up, of which each pixel counts as its row and its column do."""
        # Inside the network a pixel stands for several of the tile.
        rows, columns = (
            weights.reshape(size, -1).sum(axis=1)
            for weights, size in zip(window, inputs.shape[1:3])
        )
        image = ops.cast(inputs[0], "float32")
        sums = np.array(
            [
                ops.convert_to_numpy(ops.einsum("hwc,h,w->c", values, rows, columns))
                for values in (image, image * image)
            ],
            "float64",
        )
        area = float(rows.sum()) * float(columns.sum())
        self.sums += sums
        self.area += area
        if self.first:
            self._store(sums / area)

    def _stored(self) -> list[np.ndarray]:
        return [
            ops.convert_to_numpy(v).astype("float64")
            for v in (self.moving_mean, self.moving_variance)
        ]

    def _store(self, moments: np.ndarray) -> None:
        """Store means and mean squares of the channels, of shape `(2, channels)`, by groups."""
        channels = moments.shape[1]
        groups = moments.reshape(2, self.groups, -1).mean(axis=2)
        mean, square = groups.repeat(channels // self.groups, axis=1)
        self.moving_mean.assign(mean.astype("float32"))
        self.moving_variance.assign(np.maximum(square - mean**2, 0).astype("float32"))


class ImageStatistics:
    """The statistics of a whole image, for a generator that normalizes each image by its own.

    Several passes over the tiles gather them. In the first pass, each tile is normalized by its own
    statistics; in the others, by those of the whole image that the pass before has measured. After
    each pass one more layer has the statistics that it would have in the whole image, beginning
    with the first layer. The passes end when nothing changes any more.

    Args:
        model: a `Pix2Pix` whose generator has instance or group norm.
        norm: a `GroupNormalization`, whose options the generator's layers have.

    Attributes:
        model: a `Pix2Pix` that normalizes by the statistics that were gathered last.
    """

    def __init__(self, model: keras.Model, norm: keras.layers.GroupNormalization) -> None:
        options = {name: getattr(norm, name) for name in ("epsilon", "center", "scale")}
        generator = rebuilt(model.generator, _Gathering(**options))
        self.layers: list[_Gathering] = []
        for old, new in zip(blocks(model.generator), blocks(generator)):
            if new.normalization is not None:
                new.normalization.groups = old.normalization.groups
                self.layers.append(new.normalization)
        self.model = with_networks(model, generator, model.discriminator)

    @classmethod
    def of(cls, model: keras.Model) -> Optional["ImageStatistics"]:
        """Return the statistics that a model's generator needs, or `None`."""
        norm = normalization_of(model.generator)
        if norm in ("instance", "group"):
            norm = keras.layers.GroupNormalization(epsilon=1e-5)
        return cls(model, norm) if isinstance(norm, keras.layers.GroupNormalization) else None

    def gather(self, tiles: Callable[[], Iterable[WeightedTile]]) -> None:
        """Gather the statistics of an image.

        Args:
            tiles: a function that returns an iterable of the tiles of the image, each with the
                weights of its rows and of its columns.
        """
        for number in range(len(self.layers)):
            for layer in self.layers:
                layer.begin(first=number == 0)
            with backend.no_gradients():
                for tile, rows, columns in tiles():
                    for layer in self.layers:
                        layer.window = rows, columns
                    self.model.generator(tile[None])
            change = max(layer.settle() for layer in self.layers)
            for layer in self.layers:
                layer.window = None
            if number and change < SETTLED:
                break
