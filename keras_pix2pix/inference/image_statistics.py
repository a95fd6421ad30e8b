"""What normalizations of single images measure, gathered from the tiles of a large one."""

import keras
import numpy as np
from keras import ops

from keras_pix2pix.networks.rewriting import blocks, normalization_of, rebuilt, with_networks
from keras_pix2pix.training import backend


# In standard deviations of a channel: how little statistics change when they have settled.
SETTLED = 0.01


class _Gathering(keras.layers.BatchNormalization):
    """Normalizes by stored statistics, and measures, eagerly, what they should be."""

    groups = None
    # How much the rows and the columns of a tile count, while statistics are gathered.
    window = None

    def call(self, inputs, training=None, mask=None):
        if self.window is not None:
            self._measure(inputs)
        return super().call(inputs, training=False)

    def begin(self, first):
        """Start a pass; in the first one, a tile is normalized by its own statistics."""
        self.first = first
        self.sums, self.area = np.zeros((2, self.axis_size())), 0.0

    def settle(self):
        """Store what was measured, and return by how much it differs from before."""
        before = self._stored()
        self._store(self.sums / self.area)
        (mean, variance), (old_mean, old_variance) = self._stored(), before
        deviation = np.sqrt(variance + self.epsilon)
        old_deviation = np.sqrt(old_variance + self.epsilon)
        changes = np.abs(mean - old_mean), np.abs(deviation - old_deviation)
        return max((change / deviation).max() for change in changes)

    def axis_size(self):
        return self.moving_mean.shape[0]

    def _measure(self, inputs):
        rows, columns = (
            weights.reshape(size, -1).sum(axis=1)
            for weights, size in zip(self.window, inputs.shape[1:3])
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

    def _stored(self):
        return [
            ops.convert_to_numpy(v).astype("float64")
            for v in (self.moving_mean, self.moving_variance)
        ]

    def _store(self, moments):
        channels = moments.shape[1]
        groups = moments.reshape(2, self.groups, -1).mean(axis=2)
        mean, square = groups.repeat(channels // self.groups, axis=1)
        self.moving_mean.assign(mean.astype("float32"))
        self.moving_variance.assign(np.maximum(square - mean**2, 0).astype("float32"))


class ImageStatistics:
    """The statistics of a whole image, for a generator that normalizes each image by its own.

    In the first pass over the tiles, each is normalized by its own statistics; then by those of
    the whole image that the last pass measured. Each pass brings one layer more to what it would
    have in the whole image, from the first on; mostly they settle sooner.

    Args:
        model: a `Pix2Pix` whose generator has the given instance or group norm.
        norm: a `GroupNormalization`.

    Attributes:
        model: a `Pix2Pix` that normalizes by the statistics that were gathered last.
    """

    def __init__(self, model, norm):
        options = {name: getattr(norm, name) for name in ("epsilon", "center", "scale")}
        generator = rebuilt(model.generator, _Gathering(**options))
        self.layers = []
        for old, new in zip(blocks(model.generator), blocks(generator)):
            if new.normalization is not None:
                new.normalization.groups = old.normalization.groups
                self.layers.append(new.normalization)
        self.model = with_networks(model, generator, model.discriminator)

    @classmethod
    def of(cls, model):
        """The statistics that a model's generator needs, or `None`."""
        norm = normalization_of(model.generator)
        if norm in ("instance", "group"):
            norm = keras.layers.GroupNormalization(epsilon=1e-5)
        return cls(model, norm) if isinstance(norm, keras.layers.GroupNormalization) else None

    def gather(self, tiles):
        """Gather them from an image.

        Args:
            tiles: a function that gives an iterable of a tile, of shape `(height, width,
                channels)`, and of how much its rows and its columns count.
        """
        for number in range(len(self.layers)):
            for layer in self.layers:
                layer.begin(first=number == 0)
            with backend.no_gradients():
                for tile, *window in tiles():
                    for layer in self.layers:
                        layer.window = window
                    self.model.generator(tile[None])
            change = max(layer.settle() for layer in self.layers)
            for layer in self.layers:
                layer.window = None
            if number and change < SETTLED:
                break
