"""Translator: generates the pictures of conditions, in batches or in tiles, with or without noise.

It knows arrays only. Which kinds of images come in and go out is up to `translate`, and where files
lie is up to `translate_files`.
"""

import itertools
import random
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from keras_pix2pix.data.conditions.condition import completed
from keras_pix2pix.inference.condition import Compute, Condition
from keras_pix2pix.inference.engine import Generate, engine_of
from keras_pix2pix.inference.tiles import Tiling
from keras_pix2pix.networks.padding import divisor_of, padded_size
from keras_pix2pix.training.random_state import generate_with_noise


class Translator:
    """A trained model and how it generates pictures in one call of `Pix2Pix.translate`.

    Noise is drawn from a seed and a noise id. The id is a number that tells apart the noise of
    different batches of one call.

    Args:
        model: a `Pix2Pix`.
        batch_size: int, how many images of the same size, or tiles, are generated at a time.
        stochastic: bool, whether dropout draws noise.
        seed: int, of the noise of the first sample; the next sample has the next seed. `None` for
            a random one.
        samples: int, how many pictures are generated for each condition. `None` for one picture.
        tile: int, the side of the tiles in pixels. `None` to generate each image as a whole.
        overlap: int, the pixels that neighboring tiles have in common, at least.
        from_picture: bool, whether conditions are computed from pictures.
        engine: name of the program that generates pictures. `None` for Keras.

    Attributes:
        formats: tuple of the formats of a condition's images; or of the picture, if the condition
            is computed from it.
        seeds: list of the seeds of the samples, `[None]` without noise.
        channels: int, of the generated pictures as they are stored.
        dtype: NumPy dtype of the generated pictures as they are stored.

    Raises:
        ValueError: for numbers below 1, samples without noise, and tiles that do not fit the
            generator.
    """

    def __init__(
        self,
        model: keras.Model,
        batch_size: int,
        stochastic: bool,
        seed: int | None,
        samples: int | None,
        tile: int | None,
        overlap: int,
        from_picture: bool = False,
        engine: str | None = None,
    ) -> None:
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
        # Of what is random in computed conditions.
        self.condition_seed = seed or 0
        first = random.randrange(2**31) if seed is None else seed
        self.seeds: list[int] | list[None] = [None]
        if stochastic:
            self.seeds = [first + sample for sample in range(samples or 1)]
        self.tiling = None if tile is None else Tiling(model, tile, overlap, batch_size)
        self.engine = None if engine is None else self._engine(engine)
        self.formats, self.target = model.formats
        # The doubts that were told: each is told once, about the first image.
        self._told: set[str] = set()
        self.from_picture = from_picture
        if from_picture:
            self.formats = (_picture_format(model),)
        generator = model.generator
        condition, picture = (
            np.zeros((1, 1, shape[-1]), "float32")
            for shape in (generator.input_shape, generator.output_shape)
        )
        some = self.target.decode(completed(self.target, picture, condition))
        self.channels, self.dtype = some.shape[-1], some.dtype

    def _engine(self, name: str) -> Generate:
        if self.stochastic or (self.tiling and self.tiling.statistics):
            raise ValueError(
                f"engine={name!r} has no noise, and no statistics of a whole image for tiles of a "
                "generator with instance or group normalization. Leave out engine, or stochastic "
                f"and tile. Received: stochastic={self.stochastic}, tile="
                f"{self.tiling and self.tiling.tile}"
            )
        return engine_of(self.model, name)

    def opened(self, sources: Sequence[Any], number: int) -> Condition:
        """Open the images of a condition, and warn if the model was trained on other ones.

        Args:
            sources: as for `Condition`; or a picture, from which the condition is computed.
            number: int, which tells apart what is random in computed conditions.

        Raises:
            FileNotFoundError: as `Condition`.
            ValueError: as `Condition`.
        """
        tiled, seen = self.tiling is not None, self.model.seen
        compute = self._computing(number) if self.from_picture else None
        condition = Condition(sources, self.formats, tiled, compute)
        doubt = seen and seen.doubt(condition.height, condition.width, tiled)
        if doubt and doubt[0] not in self._told:
            self._told.add(doubt[0])
            warnings.warn(f"{condition.name} {doubt[1]}", stacklevel=2)
        return condition

    def _computing(self, number: int) -> Compute:
        """Return the function that computes the condition of a picture."""
        rng = np.random.default_rng((self.condition_seed, number))

        def compute(image: np.ndarray, picture: Any, name: str) -> np.ndarray:
            (condition_format,), target = self.model.formats
            image = picture.prepared(image, name)
            try:
                made = self.model.condition.encoded(image, rng, picture, (condition_format, target))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
            return made[0]

        return compute

    def pictures(
        self, conditions: Iterable[Condition], noise_ids: Iterator[int]
    ) -> Iterator[list[np.ndarray]]:
        """Generate the pictures of many conditions. One batch is in memory at a time.

        Args:
            conditions: iterable of `Condition`.
            noise_ids: iterator of ints.

        Yields:
            For each condition, a list of its samples: arrays of shape `(height, width, channels)`
            of stored values, of the target's dtype and range.
        """
        if not self.tiling:
            yield from self.in_batches((self.encode(c) for c in conditions), noise_ids)
            return
        for condition, noise_id in zip(conditions, noise_ids):
            bands = (self.bands(condition, seed, noise_id) for seed in self.seeds)
            yield [_put_together(condition.height, rows) for rows in bands]

    def in_batches(
        self, encoded: Iterable[np.ndarray], noise_ids: Iterator[int]
    ) -> Iterator[list[np.ndarray]]:
        """Generate the pictures of encoded conditions. Runs of equal size become batches.

        Args:
            encoded: iterable of what `encode` returns.
            noise_ids: iterator of ints, one for each batch.

        Yields:
            For each condition, a list of its samples, as `pictures` yields them.
        """
        for _, alike in itertools.groupby(encoded, np.shape):
            while batch := list(itertools.islice(alike, self.batch_size)):
                noise_id = next(noise_ids)
                samples = [self._stored(np.stack(batch), seed, noise_id) for seed in self.seeds]
                yield from map(list, zip(*samples))

    def encode(self, condition: Condition) -> np.ndarray:
        """Return a whole condition as the generator takes it.

        Returns:
            A float32 array of shape `(height, width, channels)` in [-1, 1].

        Raises:
            ValueError: for values that the format does not allow, or a size that the generator was
                not built for.
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

    def bands(self, condition: Condition, seed: int | None, noise_id: int) -> Iterator[np.ndarray]:
        """Generate one picture in bands from top to bottom; without tiles, it is a single band.

        Args:
            condition: a `Condition`.
            seed: int of `seeds`, or `None` for no noise.
            noise_id: int.

        Yields:
            Arrays of shape `(rows, width, channels)` of stored values.
        """
        if not self.tiling:
            yield self._stored(self.encode(condition)[None], seed, noise_id)[0]
            return

        def generate(model: keras.Model, tiles: np.ndarray, batch: int) -> np.ndarray:
            return self._generate(model, tiles, seed, noise_id, batch)

        top = 0
        for rows in self.tiling.bands(condition, generate):
            if hasattr(self.target, "completed"):
                below = condition.encode(condition.rows(top, top + len(rows)))
                rows = completed(self.target, rows, below)
            top += len(rows)
            yield self.target.decode(rows)

    def _stored(self, batch: np.ndarray, seed: int | None, noise_id: int) -> np.ndarray:
        """Return the pictures of a batch of encoded conditions, as they are stored."""
        pictures = self._generate(self.model, batch, seed, noise_id)
        return self.target.decode(completed(self.target, pictures, batch))

    def _generate(
        self, model: keras.Model, batch: np.ndarray, seed: int | None, *noise_id: int
    ) -> np.ndarray:
        if self.engine:
            return self.engine(batch)
        if seed is None:
            return model.predict_on_batch(batch)
        return generate_with_noise(model, batch, (seed, *noise_id))


def _picture_format(model: keras.Model) -> Any:
    """Return the format of the pictures from which a model's conditions are computed.

    Raises:
        ValueError: if they are not computed.
    """
    if model.condition is None:
        raise ValueError(
            "from_picture=True is for a model that was trained on PairDataset.from_pictures, which "
            "says how conditions are computed. This model's conditions were images of their own."
        )
    return model.condition.picture_format(model.formats[1])


def _put_together(height: int, bands: Iterable[np.ndarray]) -> np.ndarray:
    """Return a picture of which bands are generated one after another."""
    picture, done = np.empty(0), 0
    for rows in bands:
        if not done:
            picture = np.empty((height, *rows.shape[1:]), rows.dtype)
        picture[done : done + len(rows)] = rows
        done += len(rows)
    return picture
