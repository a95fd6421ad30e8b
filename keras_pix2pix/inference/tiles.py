"""Tiling: generates an image of any size from tiles that overlap and are blended."""

import itertools
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
from keras import ops

from keras_pix2pix.inference.condition import Condition
from keras_pix2pix.inference.image_statistics import ImageStatistics
from keras_pix2pix.networks.padding import divisor_of, mirrored, padded_size

# A band has at most this many rows: whoever gets it converts it, which takes memory, too.
BAND = 64

# Where a tile begins along a side, and how much each of its pixels counts.
Window = tuple[int, np.ndarray]


class Tiling:
    """Generates images of any size from tiles. It takes no more memory for higher images.

    Tiles begin at multiples of the generator's `size_divisor`. Each pixel of a tile is therefore
    computed as in the whole image, unless it is so near the border of the tile that the network
    sees beyond it. Where two tiles overlap, the outer quarter of each is not used, and the two are
    blended over the half in the middle.

    Args:
        model: a `Pix2Pix`.
        tile: int, the side of a tile in pixels.
        overlap: int, how many pixels neighboring tiles have in common, at least.
        batch_size: int, how many tiles are generated at a time.

    Raises:
        ValueError: naming what fits, for a tile that `size_divisor` does not divide, or an overlap
            as large as the tile.
    """

    def __init__(self, model: keras.Model, tile: int, overlap: int, batch_size: int) -> None:
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

    def bands(
        self,
        condition: Condition,
        generate: Callable[[keras.Model, np.ndarray, int], np.ndarray],
    ) -> Iterator[np.ndarray]:
        """Generate a picture in bands from top to bottom.

        Args:
            condition: a `Condition`.
            generate: a function of a `Pix2Pix`, a batch of encoded tiles of shape `(batch, height,
                width, channels)` and the batch's number. It returns pictures in [-1, 1].

        Yields:
            float32 arrays of shape `(rows, width, channels)` in [-1, 1]. Use each one before
            asking for the next: the memory is used again.
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
        total = np.empty(0, "float32")
        for index, row in enumerate(rows):
            top, down = row
            tiles = self._tiles(condition, row, columns)
            while batch := list(itertools.islice(tiles, self.batch_size)):
                pictures = generate(model, np.stack([tile for _, tile in batch]), next(numbers))
                if not total.size:
                    total = np.zeros((len(down), width, pictures.shape[-1]), "float32")
                for ((left, across), _), picture in zip(batch, pictures):
                    weights = down[:, None, None] * across[:, None]
                    total[:, left : left + len(across)] += picture * weights
            # Rows above the next row of tiles are complete.
            done = (rows[index + 1][0] if index + 1 < len(rows) else height) - top
            for start in range(0, done, BAND):
                end = min(start + BAND, done, condition.height - top)
                if start < end:
                    yield total[start:end, : condition.width]
            total[: len(down) - done] = total[done:]
            total[len(down) - done :] = 0

    def _tiles(
        self, condition: Condition, row: Window, columns: Sequence[Window]
    ) -> Iterator[tuple[Window, np.ndarray]]:
        """Yield the columns of a row of tiles, each with its encoded tile."""
        lines, first, last = _mirrored_part(condition.height, *row)
        strip = condition.rows(first, last)
        for column in columns:
            places, left, right = _mirrored_part(condition.width, *column)
            tile = condition.encode([image[:, left:right] for image in strip])
            yield column, tile[lines[:, None], places]


def _mirrored_part(size: int, start: int, weights: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Return which pixels of a side must be read for a tile, and which of them it shows.

    Args:
        size: int, the pixels of the side. Beyond them the image is reflected.
        start: int, the first pixel of the tile.
        weights: array, as long as the tile.

    Returns:
        An array of the positions of the shown pixels among those that are read, the first pixel
        that is read, and the one after the last.
    """
    end = start + len(weights)
    shown = ops.convert_to_numpy(mirrored(size, end))[start:]
    # The format `InstanceBoundaries` compares each pixel with its neighbors.
    first, last = max(shown.min() - 1, 0), min(shown.max() + 2, size)
    return shown - first, first, last


def windows(size: int, tile: int, step: int) -> list[Window]:
    """Return where tiles begin along a side, and how much each of their pixels counts.

    Args:
        size: int, the pixels of the side.
        tile: int, the pixels of a tile. A tile larger than the side is cut to the side.
        step: int, the distance between tiles. The last tile ends where the side ends.

    Returns:
        A list of tuples of the first pixel of a tile and its weights, a float32 array. The weights
        of all tiles add up to 1 at every pixel.
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
