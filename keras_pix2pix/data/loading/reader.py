"""Read pairs: load their images, crop and augment them, and encode them."""

import threading
from collections.abc import Sequence

import numpy as np

from keras_pix2pix.data.conditions.condition import PictureCondition
from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.geometry import (
    RESIZE_MODES,
    ResizeMode,
    Size,
    crop_and_resize,
    match_proportions,
)
from keras_pix2pix.data.loading.cache import Cache
from keras_pix2pix.data.loading.jitter import Augment, Jitter
from keras_pix2pix.data.pairing.sources import ImageSource, ReadFiles
from keras_pix2pix.types import PathLike

# Many threads may ask for a pair at once; only one of them creates the cache.
CACHE_LOCK = threading.Lock()
TURNED = (
    ". A photo is turned as its EXIF orientation says. Turn the other image as well, or remove "
    "the orientation."
)


class PairReader:
    """Reads pairs in the form in which the network gets them.

    Args:
        sources: list of `ImageSource`: those of the conditions, and that of the targets; or that of
            the pictures alone, if conditions are computed from them.
        numbers: array of ints, the pairs to read, among all those of the sources.
        image_size: tuple `(height, width)` in pixels, or `None` to keep each image's size.
        resize: one of `RESIZE_MODES`.
        augment: `Augment`, or `None`.
        cache: bool, or the path of a folder.
        seed: int, of the augmentation and of what is random in computed conditions.
        weights: `ImageSource` of the weights of the pixels, or `None`. Defaults to `None`.
        condition: `PictureCondition`, or `None` if conditions are read. Defaults to `None`.
        formats: tuple of the formats of computed conditions and of targets. Defaults to `None`.

    Raises:
        ValueError: for an unknown `resize`, for augmentation without `image_size`, and for an
            `image_size` of which there is no such condition.
    """

    def __init__(
        self,
        sources: list[ImageSource],
        numbers: np.ndarray,
        image_size: Size | None,
        resize: ResizeMode,
        augment: Augment | None,
        cache: bool | PathLike,
        seed: int,
        weights: ImageSource | None = None,
        condition: PictureCondition | None = None,
        formats: tuple[Format, Format] | None = None,
    ) -> None:
        if condition and image_size:
            condition.check_size(image_size)
        if resize not in RESIZE_MODES:
            raise ValueError(
                f"resize must be one of {', '.join(map(repr, RESIZE_MODES))}. Received: {resize!r}"
            )
        if augment and image_size is None:
            raise ValueError("augment needs image_size, the size of the random window.")
        self.sources = sources
        # The weights of a pair are read, cut and scaled with its images, as the last of them.
        self._weights = weights
        self._all = sources if weights is None else [*sources, weights]
        self.numbers = numbers
        self.image_size = image_size
        self.resize = resize
        self.augment = augment
        self.cache = cache
        self.seed = seed
        self.condition = condition
        self.formats = formats
        self._cache: Cache | None = None
        # The size to which images are scaled before a window is cut out; `None` for their own size.
        self.load_size = None if resize is None else image_size
        if augment and image_size is not None and resize is not None:
            self.load_size = augment.load_size(image_size)

    def batch(self, epoch: int, positions: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the conditions, the targets and, if a format leaves pixels out, the weights.

        Args:
            epoch: int, as for `pair`.
            positions: array of ints, as for `pair`.

        Returns:
            Two arrays of shape `(batch, height, width, channels)` in [-1, 1], and perhaps one of
            shape `(batch, height, width, 1)`.

        Raises:
            ValueError: if the images of the batch differ in shape. The message names the pairs.
        """
        parts = zip(*(self.pair(epoch, int(position)) for position in positions))
        return tuple(self._stack(images, positions) for images in parts)

    def pair(self, epoch: int, position: int) -> tuple[np.ndarray, ...]:
        """Return condition, target and perhaps weights of a pair, augmented and encoded.

        Args:
            epoch: int. Each epoch has other random draws.
            position: int, of the pair in `numbers`.

        Returns:
            Two arrays of shape `(height, width, channels)` in [-1, 1]. If there are weights, or the
            target's format leaves pixels out, also one of shape `(height, width, 1)`: the weight of
            each pixel, 0 where it is left out, and 1 elsewhere if there are no weights.
        """
        images = self._load(position)
        height, width = images[0].shape[:2]
        size = self.image_size or (height, width)
        number = int(self.numbers[position])
        jitter = Jitter()
        if self.augment:
            rng = np.random.default_rng((self.seed, epoch, number))
            jitter = self.augment.draw(rng, size, self.load_size or (height, width))
        elif self.resize is None:
            jitter = Jitter.middle(size, (height, width))
        cut = [
            jitter.apply(image, size, source.format.nearest, source.format.fill(image.dtype))
            for source, image in zip(self._all, images)
        ]
        weights = None if self._weights is None else cut[-1]
        if self.condition:
            return self._computed(cut[0], weights, jitter, epoch, number)
        *conditions, target = (
            source.format.encode(image, source.name(number))
            for source, image in zip(self.sources, cut)
        )
        # The values of a label map are not colors that may vary.
        if not self.sources[-1].format.nearest:
            target = jitter.vary_colors(target)
        condition = conditions[0] if len(conditions) == 1 else np.concatenate(conditions, axis=-1)
        counted = self.sources[-1].format.counted(cut[len(conditions)])
        return _weighted(condition, target, counted, weights)

    def _computed(
        self,
        picture: np.ndarray,
        weights: np.ndarray | None,
        jitter: Jitter,
        epoch: int,
        number: int,
    ) -> tuple[np.ndarray, ...]:
        """Return what `pair` returns, where the condition is computed from the picture."""
        assert self.condition is not None and self.formats is not None
        source = self.sources[-1]
        format = source.format
        if jitter.color_factors is not None and isinstance(format, Picture):
            # The condition is that of the picture with these colors.
            picture = format.decode(jitter.vary_colors(format.encode(picture)))
        # Its draws are not those of the augmentation, whatever that is.
        rng = np.random.default_rng((self.seed, epoch, number, 1))
        try:
            condition, target, *own = self.condition.encoded(picture, rng, format, self.formats)
        except ValueError as error:
            raise ValueError(f"{source.name(number)}: {error}") from error
        for more in own:
            weights = more if weights is None else weights * more
        return _weighted(condition, target, format.counted(picture), weights)

    def without_augmentation(self) -> "PairReader":
        """Return a reader of the same pairs as they are, which does not fill the cache."""
        options = self.image_size, self.resize, None, False, self.seed
        computed = self.condition, self.formats
        return PairReader(self.sources, self.numbers, *options, self._weights, *computed)

    def stored(self, position: int) -> list[np.ndarray]:
        """Return the images of a pair as their formats prepare them, before they are resized.

        If there are weights, they are the last.

        Args:
            position: int, of the pair in `numbers`.

        Raises:
            ValueError: if a file cannot be read, if the images differ in height or width, and if
                they are too small. The message names the images.
        """
        files: ReadFiles = {}
        images = [source.read(self.numbers[position], files) for source in self._all]
        if len({image.shape[:2] for image in images}) > 1:
            shapes = [image.shape[:2] for image in images]
            turned = len({tuple(sorted(shape)) for shape in shapes}) == 1
            raise ValueError(
                f"{self.name(position)} must have the same height and width. Received: "
                f"{' and '.join(map(str, shapes))}"
                f"{TURNED if turned else ''}"
            )
        shape = images[0].shape[:2]
        if self.resize is None and any(np.less(shape, self.image_size or shape)):
            raise ValueError(
                f"{self.name(position)} must be at least {self.image_size} with resize=None. "
                f"Received: {shape}"
            )
        return images

    def name(self, position: int) -> str:
        """Return the name of a pair in error messages: the names of its images."""
        return " and ".join(source.name(self.numbers[position]) for source in self.sources)

    def _stack(self, images: Sequence[np.ndarray], positions: np.ndarray) -> np.ndarray:
        shapes = {image.shape for image in images}
        if len(shapes) > 1:
            names = ", ".join(self.name(int(position)) for position in positions)
            raise ValueError(
                "Images of one batch must have the same shape. Give image_size, or batch_size=1. "
                f"Received: shapes {sorted(shapes)} in {names}"
            )
        # A single image is not copied: encoding has created a new array.
        return images[0][None] if len(images) == 1 else np.stack(images)

    def _load(self, position: int) -> list[np.ndarray]:
        if not self.cache:
            return self._in_proportions(position)
        if self._cache is None:
            with CACHE_LOCK:
                if self._cache is None:
                    folder = None if self.cache is True else self.cache
                    self._cache = Cache(len(self.numbers), self._scaled(position), folder)
        return self._cache.get(position, self._scaled)

    def _in_proportions(self, position: int) -> list[np.ndarray]:
        """Return the images of a pair, cropped or padded to the proportions of `image_size`."""
        images = self.stored(position)
        if self.image_size is None:
            return images
        return [
            match_proportions(image, self.image_size, self.resize, source.format.fill(image.dtype))
            for source, image in zip(self._all, images)
        ]

    def _scaled(self, position: int) -> list[np.ndarray]:
        """Return the images of a pair at the size at which they are cached."""
        images = self._in_proportions(position)
        if self.load_size is None:
            return images
        height, width = images[0].shape[:2]
        return [
            crop_and_resize(image, self.load_size, (0, 0, width, height), source.format.nearest)
            for source, image in zip(self._all, images)
        ]


def _weighted(
    condition: np.ndarray,
    target: np.ndarray,
    counted: np.ndarray | None,
    weights: np.ndarray | None,
) -> tuple[np.ndarray, ...]:
    """Return a pair, and the weights of its pixels if there are some, or some do not count."""
    if counted is not None:
        target = np.where(counted, target, np.float32(-1))
        weights = counted.astype("float32") if weights is None else weights * counted
    return (condition, target) if weights is None else (condition, target, weights)
