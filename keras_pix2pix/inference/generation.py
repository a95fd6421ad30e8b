"""From conditions to pictures: in batches or tiles, with or without noise."""

import itertools
import os
import random

import numpy as np
from keras import ops
from PIL import Image, ImageOps

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.files.reading import read_image, to_upright
from keras_pix2pix.data.files.rows import open_rows, pillow_rows
from keras_pix2pix.inference.tiles import Tiling
from keras_pix2pix.networks.padding import divisor_of, padded_size
from keras_pix2pix.training.random_state import generate_with_noise


class Condition:
    """What a picture is made from: one image, or several of the same size.

    Args:
        sources: tuple of paths, Pillow images, or arrays of shape `(height, width, channels)`.
        formats: tuple of their formats.
        by_rows: bool, whether files and Pillow images are read by rows, as tiles need them.

    Raises:
        FileNotFoundError: naming the file, if it is not there.
        ValueError: if an image cannot be read, or the images are not as many as the formats, or
            not of one size.
    """

    def __init__(self, sources, formats, by_rows=False):
        check_parts(sources, formats)
        self._formats = formats
        self._names = [printable_path(s) if is_path(s) else "images" for s in sources]
        self._images = [_opened(*pair, by_rows) for pair in zip(sources, formats)]
        sizes = [tuple(image.shape[:2]) for image in self._images]
        if len(set(sizes)) > 1:
            raise ValueError(
                "All images of a condition must have the same count, height and width. Received: "
                f"shapes {[tuple(image.shape) for image in self._images]}"
            )
        self.height, self.width = sizes[0]

    def rows(self, first, last):
        """Rows of each image, as they are stored."""
        return [image[first:last] for image in self._images]

    def encode(self, images):
        """Parts of each image as one float32 array in [-1, 1]."""
        parts = zip(images, self._formats, self._names)
        parts = [format.encode(format.prepared(image, name), name) for image, format, name in parts]
        return np.concatenate(parts, axis=-1)


def check_parts(parts, formats):
    """Refuse another number of images than those that make up a condition."""
    if len(parts) != len(formats):
        raise ValueError(
            f"The model's conditions are made up of {len(formats)} images, as a tuple. "
            f"Received: {len(parts)}"
        )


def is_path(source):
    return isinstance(source, str | os.PathLike)


def _opened(source, format, by_rows):
    """An image of which rows can be had, of shape `(height, width, channels)`."""
    if is_path(source):
        return (open_rows if by_rows else read_image)(source, format.palette_indices)
    if isinstance(source, Image.Image):
        return pillow_rows(to_upright(ImageOps.exif_transpose(source), format.palette_indices))
    image = ops.convert_to_numpy(source)
    if image.ndim != 3 or 0 in image.shape:
        raise ValueError(
            "Expected an image of shape (height, width, channels) or a batch of them, of at least "
            f"one image. Received: shape {image.shape}"
        )
    return image


class Generation:
    """How the pictures of one call are generated.

    Args:
        model: a `Pix2Pix`.
        batch_size: int.
        stochastic: bool.
        seed: int or `None`.
        samples: int or `None`.
        tile: int or `None`.
        overlap: int.

    Raises:
        ValueError: for numbers below 1, and samples without noise.
    """

    def __init__(self, model, batch_size, stochastic, seed, samples, tile, overlap):
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1. Received: batch_size={batch_size}")
        if samples is not None and (samples < 1 or not stochastic):
            raise ValueError(
                "samples must be at least 1, and needs stochastic=True: without noise all are the "
                f"same. Received: samples={samples}, stochastic={stochastic}"
            )
        self.model = model
        self.batch_size = batch_size
        self.stochastic = stochastic
        self.samples = samples
        first = random.randrange(2**31) if seed is None else seed
        # None is no noise.
        self.seeds = [first + sample for sample in range(samples or 1)] if stochastic else [None]
        self.tiling = None if tile is None else Tiling(model, tile, overlap, batch_size)
        self.formats, self.target = model.formats
        # What is generated, as it will be stored.
        some = self.target.decode(np.zeros((1, 1, model.generator.output_shape[-1]), "float32"))
        self.channels, self.dtype = some.shape[-1], some.dtype

    def pictures(self, conditions, numbers):
        """Generate what many conditions show, of which a batch is held at a time.

        Args:
            conditions: iterable of `Condition`.
            numbers: iterator of ints that the noise goes by.

        Yields:
            For each, a list of its samples: arrays of shape `(height, width, channels)` of stored
            values, of the target's dtype and range.
        """
        if not self.tiling:
            yield from self.batches((self.encoded(c) for c in conditions), numbers)
            return
        for condition, number in zip(conditions, numbers):
            bands = (self.bands(condition, seed, number) for seed in self.seeds)
            yield [_put_together(condition.height, rows) for rows in bands]

    def batches(self, encoded, numbers):
        """The same, for encoded conditions: runs of equal size become batches."""
        for _, alike in itertools.groupby(encoded, np.shape):
            while batch := list(itertools.islice(alike, self.batch_size)):
                number = next(numbers)
                samples = [self._decoded(np.stack(batch), seed, number) for seed in self.seeds]
                yield from map(list, zip(*samples))

    def encoded(self, condition):
        """All of a condition as float32 of shape `(height, width, channels)` in [-1, 1].

        Raises:
            ValueError: for values that it cannot have, or a size that the generator was not built
                for.
        """
        size = condition.height, condition.width
        padded = [padded_size(side, *divisor_of(self.model.generator)) for side in size]
        fixed = self.model.generator.input_shape[1:3]
        if any(side not in (None, found) for side, found in zip(fixed, padded)):
            raise ValueError(
                f"The generator was built for images of height {fixed[0]} and width {fixed[1]}. "
                f"Received: height {size[0]} and width {size[1]}. Resize the image, or build the "
                "generator with image_shape=(None, None, ...)."
            )
        return condition.encode(condition.rows(0, condition.height))

    def bands(self, condition, seed, *noise):
        """Generate what one condition shows, some rows at a time, or all of them without tiles.

        Args:
            condition: a `Condition`.
            seed: int of `seeds`, or `None`.
            *noise: ints, what else the noise goes by.

        Yields:
            Arrays of shape `(rows, width, channels)` of stored values.
        """
        if not self.tiling:
            yield self._decoded(self.encoded(condition)[None], seed, *noise)[0]
            return

        def generate(model, tiles, number):
            return self._generated(model, tiles, seed, *noise, number)

        for rows in self.tiling.bands(condition, generate):
            yield self.target.decode(rows)

    def _decoded(self, batch, seed, *noise):
        return self.target.decode(self._generated(self.model, batch, seed, *noise))

    @staticmethod
    def _generated(model, batch, seed, *noise):
        if seed is None:
            return model.predict_on_batch(batch)
        return generate_with_noise(model, batch, (seed, *noise))


def _put_together(height, bands):
    """Rows that are generated one after another, as one array."""
    picture, done = None, 0
    for rows in bands:
        if picture is None:
            picture = np.empty((height, *rows.shape[1:]), rows.dtype)
        picture[done : done + len(rows)] = rows
        done += len(rows)
    return picture
