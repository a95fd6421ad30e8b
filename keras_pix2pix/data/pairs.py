"""Finding pairs of images, and the dataset that feeds them to `fit`."""

import functools

import keras
import numpy as np

from keras_pix2pix.data.files import Half, images_by_stem, natural_order
from keras_pix2pix.data.images import read_image, resize, to_model_range, with_channels
from keras_pix2pix.data.jitter import Jitter

SIDES = ("condition", "target")
INTERPOLATIONS = ("auto", "nearest", "bicubic")
# The reference enlarges 256 pixels to 286.
ENLARGEMENT = 286 / 256
# An image of more colors than this is no label map.
LABEL_COLORS = 32


class PairDataset(keras.utils.PyDataset):
    """Pairs of a condition and a target, in batches of float32 in [-1, 1].

    Both images of a pair are resized to `image_size` and, in training, get the same random window
    and mirroring (the paper's 286 -> 256 jitter at any size). What pair comes when, and how it is
    augmented, follows from `(seed, epoch, index)` alone, whatever the number of workers. Images
    are read when they are needed.

    Args:
        conditions: array of shape `(count, height, width, channels)`, unsigned integers or floats
            in [-1, 1]; or a list of paths; or a list of callables that return an image of shape
            `(height, width, channels)`.
        targets: the same, for the targets.
        image_size: int or tuple `(height, width)` in pixels, or `None` to keep each image's own
            size, which then must be the same within a batch. Defaults to `None`.
        batch_size: int. Defaults to `1`, the paper's.
        augment: bool, whether pairs are jittered and mirrored. Defaults to `False`.
        shuffle: bool, whether each epoch has an order of its own. Defaults to `augment`.
        seed: int. Defaults to `0`.
        channels: tuple of the channels of condition and target: grey is repeated to 3,
            nothing is ever lost. `None` keeps what is stored. Defaults to `(None, None)`.
        interpolation: tuple of how condition and target are resized: `"nearest"` keeps every value
            of a mask, `"bicubic"` is for pictures, `"auto"` takes nearest where up to 16 images,
            spread over the set, have at most 32 colors each. Defaults to `("auto", "auto")`.
        workers: int, threads that read ahead if there is more than one. Defaults to `1`.

    Raises:
        ValueError: for different counts, no pairs at all, arrays that are not images, or unknown
            names.

    Example:

    ```python
    train = PairDataset(masks, photos, image_size=256, augment=True)
    train = PairDataset.from_folders("masks/", "photos/", image_size=256, augment=True)
    condition, target = train[0]  # (1, 256, 256, 3), (1, 256, 256, 3)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, section 6.2.
    """

    def __init__(
        self,
        conditions,
        targets,
        image_size=None,
        batch_size=1,
        augment=False,
        shuffle=None,
        seed=0,
        channels=(None, None),
        interpolation=("auto", "auto"),
        workers=1,
    ):
        super().__init__(workers=workers)
        if len(conditions) != len(targets):
            raise ValueError(
                "There must be one target for each condition. "
                f"Received: {len(conditions)} conditions and {len(targets)} targets"
            )
        if not len(conditions):
            raise ValueError("A PairDataset needs at least one pair. Received: none")
        for name in interpolation:
            if name not in INTERPOLATIONS:
                raise ValueError(
                    f"interpolation must be of {', '.join(map(repr, INTERPOLATIONS))}. "
                    f"Received: {interpolation!r}"
                )
        if augment and image_size is None:
            raise ValueError("augment=True needs image_size, the size of the random window.")
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1. Received: {batch_size}")
        self.sides = (_checked_array(conditions, "conditions"), _checked_array(targets, "targets"))
        self.image_size = (image_size,) * 2 if isinstance(image_size, int) else image_size
        self.batch_size = batch_size
        self.augment = augment
        self.shuffle = augment if shuffle is None else shuffle
        self.seed = seed
        self.channels = channels
        self.epoch = 0
        self.nearest = tuple(
            self._is_label_map(side) if name == "auto" else name == "nearest"
            for side, name in enumerate(interpolation)
        )

    @classmethod
    def from_folders(cls, conditions, targets, channels=(3, 3), **kwargs):
        """Pairs of two folders, by the name of the files without their endings.

        Args:
            conditions: path of the folder of conditions.
            targets: path of the folder of targets.
            channels: as for `PairDataset`. Defaults to `(3, 3)`.
            **kwargs: as for `PairDataset`.

        Raises:
            ValueError: for an empty folder, and for files without a partner, which are listed.
        """
        found = [images_by_stem(conditions), images_by_stem(targets)]
        alone = [
            str(path)
            for one, other in (found, found[::-1])
            for stem, path in one.items()
            if stem not in other
        ]
        if alone:
            shown = "\n  ".join(alone[:20] + ["..."] * (len(alone) > 20))
            raise ValueError(
                f"{len(alone)} files have no partner of the same name in the other folder. Remove "
                f"or complete them:\n  {shown}"
            )
        stems = sorted(found[0], key=natural_order)
        return cls(*([side[stem] for stem in stems] for side in found), channels=channels, **kwargs)

    @classmethod
    def from_side_by_side(cls, folder, condition="left", channels=(3, 3), **kwargs):
        """Pairs stored as one image each, condition and target next to each other.

        Args:
            folder: path of the folder of images of even width.
            condition: `"left"` or `"right"`, the half that is the condition. Defaults to `"left"`.
            channels: as for `PairDataset`. Defaults to `(3, 3)`.
            **kwargs: as for `PairDataset`.

        Raises:
            ValueError: for an empty folder or another `condition`; when it is read, for an image
                of odd width.
        """
        if condition not in ("left", "right"):
            raise ValueError(f"condition must be 'left' or 'right'. Received: {condition!r}")
        found = images_by_stem(folder)
        paths = [found[stem] for stem in sorted(found, key=natural_order)]
        halves = ("left", "right") if condition == "left" else ("right", "left")
        sides = ([Half(path, half) for path in paths] for half in halves)
        return cls(*sides, channels=channels, **kwargs)

    def __len__(self):
        return -(-len(self.sides[0]) // self.batch_size)

    def __getitem__(self, index):
        """The batch of that number: two arrays `(batch, height, width, channels)` in [-1, 1]."""
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        epoch = self.epoch
        order = self._order(epoch)
        chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
        pairs = [self._pair(epoch, int(number)) for number in chosen]
        return tuple(self._stack(side, images, chosen) for side, images in enumerate(zip(*pairs)))

    def set_epoch(self, epoch):
        """Choose the epoch whose order and augmentation the next batches have.

        `Pix2Pix.fit` calls this; a training loop of one's own has to.
        """
        self.epoch = epoch

    def __repr__(self):
        how = ["nearest" if nearest else "bicubic" for nearest in self.nearest]
        return (
            f"PairDataset({len(self.sides[0])} pairs, image_size={self.image_size}, "
            f"batch_size={self.batch_size}, augment={self.augment}, conditions {how[0]}, "
            f"targets {how[1]})"
        )

    def _order(self, epoch):
        count = len(self.sides[0])
        if not self.shuffle:
            return np.arange(count)
        return _permutation(count, self.seed, epoch)

    def _pair(self, epoch, number):
        jitter = Jitter()
        if self.augment:
            load_size = tuple(round(size * ENLARGEMENT) for size in self.image_size)
            rng = np.random.default_rng((self.seed, epoch, number))
            jitter = Jitter.draw(rng, self.image_size, load_size, mirror=True)
        pair = [self._read(side, number) for side in (0, 1)]
        if pair[0].shape[:2] != pair[1].shape[:2]:
            raise ValueError(
                f"{self._name(0, number)} and {self._name(1, number)} must have the same height "
                f"and width. Received: {pair[0].shape[:2]} and {pair[1].shape[:2]}"
            )
        return [self._fit(side, number, image, jitter) for side, image in enumerate(pair)]

    def _fit(self, side, number, image, jitter):
        # 8 bits are resized as they are, which is faster.
        if image.dtype != np.uint8:
            image = to_model_range(image, self._name(side, number))
        size = self.image_size or image.shape[:2]
        if image.shape[:2] != tuple(size) or jitter != Jitter():
            image = resize(image, size, jitter.box(*image.shape[:2]), self.nearest[side])
        if jitter.mirror:
            image = image[:, ::-1]
        return to_model_range(image) if image.dtype == np.uint8 else image

    def _read(self, side, number):
        source, channels = self.sides[side][number], self.channels[side]
        if callable(source):
            image = source()
        elif isinstance(source, np.ndarray):
            image = source
        else:
            image = read_image(source)
        if channels is not None:
            image = with_channels(image, channels, self._name(side, number))
        return image

    def _name(self, side, number):
        source = self.sides[side][number]
        return f"{SIDES[side]} {number}" if isinstance(source, np.ndarray) else str(source)

    def _stack(self, side, images, chosen):
        shapes = {image.shape for image in images}
        if len(shapes) > 1:
            names = ", ".join(self._name(side, int(number)) for number in chosen)
            raise ValueError(
                "Images of one batch must have the same shape. Give image_size, or batch_size=1. "
                f"Received: shapes {sorted(shapes)} in {names}"
            )
        return np.stack(images)

    def _is_label_map(self, side):
        count = len(self.sides[side])
        some = np.unique(np.linspace(0, count - 1, min(count, 16)).astype(int))
        return all(_has_few_colors(self._read(side, number)) for number in some)


# Kept, as every batch asks for it.
@functools.lru_cache(maxsize=8)
def _permutation(count, seed, epoch):
    return np.random.default_rng((seed, epoch)).permutation(count)


def _has_few_colors(image):
    # Plane by plane, which is many times faster than np.unique over the colors.
    codes = 0
    for plane in np.moveaxis(image, -1, 0):
        values = np.unique(plane)
        if len(values) > LABEL_COLORS:
            return False
        codes = codes * LABEL_COLORS + np.searchsorted(values, plane)
    return len(np.unique(codes)) <= LABEL_COLORS


def _checked_array(images, name):
    if not isinstance(images, np.ndarray):
        return images
    if images.ndim != 4:
        raise ValueError(
            f"{name} must have shape (count, height, width, channels) if they are an array. "
            f"Received: shape {images.shape}"
        )
    to_model_range(images[:1], name)
    return images
