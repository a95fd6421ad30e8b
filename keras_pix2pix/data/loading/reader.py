"""One pair: its images read, framed, cut and encoded."""

import threading

import numpy as np

from keras_pix2pix.data.files.geometry import framed, resize
from keras_pix2pix.data.loading.cache import Cache
from keras_pix2pix.data.loading.jitter import Jitter

# Of all threads that ask for a pair, one makes the cache.
MAKING = threading.Lock()


class PairReader:
    """Reads pairs as the network sees them.

    Args:
        columns: list of `Column`: those of the condition, and the target's.
        numbers: array of ints, the pairs that there are among the columns'.
        image_size: tuple `(height, width)` in pixels, or `None`.
        resize: how images of other proportions get that size, of `geometry.RESIZES`.
        augment: an `Augment`, or `None`.
        cache: bool, or the path of a folder.
        seed: int.
    """

    def __init__(self, columns, numbers, image_size, resize, augment, cache, seed):
        self.columns = columns
        self.numbers = numbers
        self.image_size = image_size
        self.resize = resize
        self.augment = augment
        self.cache = cache
        self.seed = seed
        self._cache = None
        # The size that images are scaled to before a window is cut; `None` for their own.
        self.load_size = None if resize is None else image_size
        if self.load_size and augment:
            self.load_size = augment.load_size(image_size)

    def pair(self, epoch, position):
        """Condition and target, of shape `(height, width, channels)` in [-1, 1]."""
        images = self._loaded(position)
        shape = images[0].shape[:2]
        size = self.image_size or shape
        jitter = Jitter()
        if self.augment:
            rng = np.random.default_rng((self.seed, epoch, int(self.numbers[position])))
            jitter = self.augment.draw(rng, size, self.load_size or shape)
        elif self.resize is None:
            jitter = Jitter.middle(size, shape)
        *conditions, target = (
            column.format.encode(
                jitter.cut(image, size, column.format.nearest, column.format.fill),
                column.name(self.numbers[position]),
            )
            for column, image in zip(self.columns, images)
        )
        # The values of a mask mean something.
        if not self.columns[-1].format.nearest:
            target = jitter.color(target)
        condition = conditions[0] if len(conditions) == 1 else np.concatenate(conditions, axis=-1)
        return condition, target

    def stored(self, position):
        """The images of a pair as their formats prepare them, all of one height and width.

        Raises:
            ValueError: naming the file that cannot be read, or those that do not fit together.
        """
        files = {}
        images = [column.read(self.numbers[position], files) for column in self.columns]
        if len({image.shape[:2] for image in images}) > 1:
            raise ValueError(
                f"{self.name(position)} must have the same height and width. Received: "
                f"{' and '.join(str(image.shape[:2]) for image in images)}"
            )
        shape = images[0].shape[:2]
        if self.resize is None and any(np.less(shape, self.image_size or shape)):
            raise ValueError(
                f"{self.name(position)} must be at least {self.image_size} with resize=None. "
                f"Received: {shape}"
            )
        return images

    def name(self, position):
        """What a pair is called in an error."""
        return " and ".join(column.name(self.numbers[position]) for column in self.columns)

    def _loaded(self, position):
        if not self.cache:
            return self._framed(position)
        if self._cache is None:
            with MAKING:
                if self._cache is None:
                    folder = None if self.cache is True else self.cache
                    self._cache = Cache(len(self.numbers), self._scaled(position), folder)
        return self._cache.get(position, self._scaled)

    def _framed(self, position):
        images = self.stored(position)
        if self.image_size is None:
            return images
        return [
            framed(image, self.image_size, self.resize, column.format.fill)
            for column, image in zip(self.columns, images)
        ]

    def _scaled(self, position):
        images = self._framed(position)
        if self.load_size is None:
            return images
        return [
            resize(
                image, self.load_size, (0, 0, *image.shape[1::-1]), nearest=column.format.nearest
            )
            for column, image in zip(self.columns, images)
        ]
