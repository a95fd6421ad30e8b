"""Large images in tiles that overlap, blended into rows that are handed on when complete."""

import itertools

import numpy as np
from keras import ops

from keras_pix2pix.inference.image_statistics import ImageStatistics
from keras_pix2pix.networks.padding import divisor_of, mirrored, padded_size

# Rows that are handed on at a time: what is done with them takes memory, too.
SLAB = 64


class Tiling:
    """Generates images of any size from tiles, in memory that their height does not matter to.

    Tiles lie at multiples of what the generator divides, so that each computes what the whole image
    would, but for where its border is felt. Of an overlap, the outer quarter of each tile is left
    out, and the middle half blended.

    Args:
        model: a `Pix2Pix`.
        tile: int, the side of a tile in pixels.
        overlap: int, how many pixels neighbors have in common, at least.
        batch_size: int, how many tiles are generated at a time.

    Raises:
        ValueError: naming what fits, for a tile that the generator does not divide, or an overlap
            that leaves nothing of it.
    """

    def __init__(self, model, tile, overlap, batch_size):
        self.divisor, self.least = divisor_of(model.generator)
        if tile < self.least or tile % self.divisor:
            lower = max(tile // self.divisor * self.divisor, self.least, self.divisor)
            raise ValueError(
                f"tile must be a multiple of {self.divisor}, by which the generator divides, such "
                f"as {lower} or {lower + self.divisor}. Received: tile={tile}"
            )
        self.step = (tile - overlap) // self.divisor * self.divisor
        if overlap < 0 or self.step < 1:
            raise ValueError(
                f"overlap must be from 0 to {tile - self.divisor} with tile={tile}, as tiles lie "
                f"at multiples of {self.divisor} pixels. Received: overlap={overlap}"
            )
        self.tile = tile
        self.batch_size = batch_size
        self.model = model
        self.statistics = ImageStatistics.of(model)

    def bands(self, condition, generate):
        """Yield the picture from the top to the bottom.

        Args:
            condition: a `Condition`.
            generate: a function of a `Pix2Pix`, a batch of conditions of shape `(batch, height,
                width, channels)` and the batch's number to pictures in [-1, 1].

        Yields:
            float32 arrays of shape `(rows, width, channels)` in [-1, 1], to be used before the
            next one is asked for.
        """
        height, width = (
            padded_size(side, self.divisor, self.least)
            for side in (condition.height, condition.width)
        )
        rows, columns = windows(height, self.tile, self.step), windows(width, self.tile, self.step)
        model = self.model
        if self.statistics and len(rows) * len(columns) > 1:
            model = self.statistics.model
            self.statistics.gather(
                lambda: (
                    (tile, row[1], column[1])
                    for row in rows
                    for column, tile in self._tiles(condition, row, columns)
                )
            )
        numbers = itertools.count()
        total = None
        for row, below in itertools.zip_longest(rows, rows[1:], fillvalue=(height, None)):
            top, down = row
            tiles = self._tiles(condition, row, columns)
            while batch := list(itertools.islice(tiles, self.batch_size)):
                pictures = generate(model, np.stack([tile for _, tile in batch]), next(numbers))
                if total is None:
                    total = np.zeros((len(down), width, pictures.shape[-1]), "float32")
                for ((left, across), _), picture in zip(batch, pictures):
                    weights = down[:, None, None] * across[:, None]
                    total[:, left : left + len(across)] += picture * weights
            done = below[0] - top
            for start in range(0, done, SLAB):
                end = min(start + SLAB, done, condition.height - top)
                if start < end:
                    yield total[start:end, : condition.width]
            total[: len(down) - done] = total[done:]
            total[len(down) - done :] = 0

    def _tiles(self, condition, row, columns):
        """Each of `columns`, and the encoded tile there, of one row of tiles."""
        lines, first, last = _mirrored_part(condition.height, *row)
        strip = condition.rows(first, last)
        for column in columns:
            places, left, right = _mirrored_part(condition.width, *column)
            tile = condition.encode([image[:, left:right] for image in strip])
            yield column, tile[lines[:, None], places]


def _mirrored_part(size, start, weights):
    """Which pixels of a side a tile shows, counted from the first of those that it needs."""
    end = start + len(weights)
    shown = ops.convert_to_numpy(mirrored(size, end))[start:]
    # The borders of `InstanceBoundaries` show the pixels on both sides.
    first, last = max(shown.min() - 1, 0), min(shown.max() + 2, size)
    return shown - first, first, last


def windows(size, tile, step):
    """Where tiles lie along a side, and how much each of their pixels counts.

    Args:
        size: int, the pixels of the side.
        tile: int, those of a tile, which is no larger than the side.
        step: int, how far apart tiles are; the last one ends where the side does.

    Returns:
        A list of tuples of the first pixel and the weights, a float32 array. The weights of all
        tiles add up to 1 at every pixel.
    """
    tile = min(tile, size)
    starts = [*range(0, size - tile, step), size - tile]
    weights = np.ones((len(starts), tile))
    for i, distance in enumerate(np.diff(starts)):
        common = tile - distance
        if common:
            share = np.clip(2 * (np.arange(common) + 0.5) / common - 0.5, 0, 1)
            rise = np.sin(np.pi / 2 * share) ** 2
            weights[i, distance:] *= rise[::-1]
            weights[i + 1, :common] *= rise
    total = np.zeros(size)
    for start, weight in zip(starts, weights):
        total[start : start + tile] += weight
    return [
        (start, (weight / total[start : start + tile]).astype("float32"))
        for start, weight in zip(starts, weights)
    ]
