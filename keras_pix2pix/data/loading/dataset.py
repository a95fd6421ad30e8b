"""The dataset of pairs that feeds `fit`."""

import copy
import os
import warnings

import keras
import numpy as np

from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.files.geometry import RESIZES
from keras_pix2pix.data.loading import order
from keras_pix2pix.data.loading.columns import columns_of
from keras_pix2pix.data.loading.drawing import sheet
from keras_pix2pix.data.loading.jitter import Augment
from keras_pix2pix.data.loading.prefetch import ReadAhead
from keras_pix2pix.data.loading.reader import PairReader
from keras_pix2pix.data.pairing import layouts, splits
from keras_pix2pix.data.pairing.audit import Audit
from keras_pix2pix.data.pairing.names import listed, without_ending

AS_STORED = (Picture(), Picture())
# How many pairs `fit` reads before it trains, at most: a few seconds.
CHECKED = 4096


class PairDataset(keras.utils.PyDataset):
    """Pairs of a condition and a target, in batches of float32 in [-1, 1].

    All images of a pair get the same random window and mirroring in training (the paper's
    286 -> 256 jitter at any size). What pair comes when, and how it is augmented, follows from
    `(seed, epoch, index)` alone, whatever the number of workers. Images are read when they are
    needed; `Pix2Pix.fit` reads all of a set, or 4096 pairs spread over a larger one, before it
    trains, and refuses what it cannot train on.

    Args:
        conditions: array of shape `(count, height, width, channels)`; or a sequence of paths, or of
            callables that return an image of shape `(height, width, channels)`; or a tuple of
            several of these, whose images are concatenated.
        targets: array or sequence, for the targets.
        image_size: int or tuple `(height, width)` in pixels, or `None` to keep each image's own
            size, which then must be the same within a batch. Defaults to `None`.
        batch_size: int. Defaults to `1`, the paper's.
        augment: `True` for the paper's jitter and mirroring, or an `Augment`. Defaults to `False`.
        shuffle: bool, whether each epoch has an order of its own. Defaults to whether there is
            augmentation.
        seed: int. Defaults to `0`.
        formats: tuple of what condition and target hold, as `Picture` or `Labels`; where there are
            several condition images, a tuple of formats in the place of the first. Defaults to
            `(Picture(), Picture())`.
        resize: how an image of other proportions gets `image_size`: `"fit"` stretches it, `"crop"`
            cuts its middle out, `"pad"` puts a border around it, `None` does not scale it at all
            and takes a window of it. Defaults to `"fit"`, the paper's.
        cache: bool, whether pairs are kept decoded at the size they are loaded at, in memory or, if
            they would not fit, in a file; or the path of a folder for that file. Defaults to
            `False`.
        on_error: `"raise"`, or `"skip"` to read every pair once now, leave out what is broken, and
            say so. Defaults to `"raise"`.
        shard: tuple `(index, count)`: the part of every epoch that one of several processes has.
            When pairs are shuffled, all parts are of one length, and up to `count - 1` pairs wait
            for another epoch. Defaults to `(0, 1)`.
        names: sequence of str, one name a pair, for `split`. Defaults to `None`, the files' names
            or the numbers.
        workers: int, threads that read the next batches while one is trained on. Defaults to `1`.

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
        formats=AS_STORED,
        resize="fit",
        cache=False,
        on_error="raise",
        shard=(0, 1),
        names=None,
        workers=1,
    ):
        # It reads ahead itself; Keras waits 0.1 s for its threads at the end of every epoch.
        super().__init__()
        if augment and image_size is None:
            raise ValueError("augment needs image_size, the size of the random window.")
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1. Received: {batch_size}")
        if workers < 0:
            raise ValueError(f"workers must be at least 0. Received: {workers}")
        _one_of("resize", resize, RESIZES)
        _one_of("on_error", on_error, ("raise", "skip"))
        self._columns = columns_of(conditions, targets, formats)
        if names is not None and len(names) != len(targets):
            raise ValueError(
                f"There must be one name a pair. Received: {len(names)} names and {len(targets)} "
                "pairs"
            )
        if np.isscalar(image_size):
            image_size = (image_size, image_size)
        if image_size is not None and (len(image_size) != 2 or min(image_size) < 1):
            raise ValueError(
                "image_size must be an int or (height, width), of at least 1 pixel. "
                f"Received: {image_size}"
            )
        self.image_size = image_size and tuple(map(int, image_size))
        self._ahead = ReadAhead(workers)
        self.batch_size = batch_size
        self.augment = Augment() if augment is True else augment or None
        self.shuffle = bool(augment) if shuffle is None else shuffle
        self.seed = seed
        self.resize = resize
        self.cache = cache
        self.names = names
        self.epoch = 0
        # Batches that count as an epoch, if it is not all of them.
        self.steps = None
        # Why files and pairs are not among the pairs.
        self.left_out = []
        self._checked = False
        self._reader = self._read_by(np.arange(len(targets)))
        if on_error == "skip":
            self.leave_out(self.audit().problems, [])
        self._columns = [column.resolved(self.numbers) for column in self._columns]
        self._reader = self._read_by(self.numbers)
        if not 0 <= shard[0] < shard[1] <= len(self.numbers):
            raise ValueError(
                "shard must be (index, count), with the index below the count and a pair for each. "
                f"Received: {shard} of {len(self.numbers)} pairs"
            )
        self.shard = shard

    from_folders = classmethod(layouts.from_folders)
    from_side_by_side = classmethod(layouts.from_side_by_side)
    from_list = classmethod(layouts.from_list)

    @property
    def formats(self):
        """What conditions (a tuple) and targets hold, with what the first pair shows."""
        *conditions, target = (column.format for column in self._columns)
        return tuple(conditions), target

    @property
    def numbers(self):
        """The numbers of the pairs among all that the files or arrays hold."""
        return self._reader.numbers

    def __len__(self):
        return self.steps or self._pass()

    def __getitem__(self, index):
        """The batch of that number: two arrays `(batch, height, width, channels)` in [-1, 1]."""
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        return self._ahead.get(self._batch, self.epoch, index, len(self))

    def set_epoch(self, epoch):
        """Choose the epoch whose order and augmentation the next batches have.

        `Pix2Pix.fit` calls this; a training loop of one's own has to.
        """
        self.epoch = epoch

    def in_steps(self, steps):
        """The same pairs in epochs of so many batches, as `fit(steps_per_epoch=...)` takes them.

        Args:
            steps: int. Where a pass over all pairs is longer, the next epoch goes on from there.
        """
        dataset = self._copy()
        dataset.steps = steps
        return dataset

    def subset(self, numbers, augment=None, shuffle=None):
        """A dataset of some of these pairs, which reads from the same files or arrays.

        Args:
            numbers: sequence of ints, array of bool, or slice: which pairs.
            augment: as for `PairDataset`. Defaults to `None`, as here.
            shuffle: as for `PairDataset`. Defaults to `None`, as here.

        Raises:
            ValueError: if no pair is left.
        """
        dataset = self._copy()
        if augment is not None:
            dataset.augment = Augment() if augment is True else augment or None
        dataset.shuffle = self.shuffle if shuffle is None else shuffle
        kept = self.numbers[numbers]
        if not len(kept):
            raise ValueError(f"No pair is left of {len(self.numbers)}.")
        dataset._reader = dataset._read_by(kept)
        return dataset

    def split(self, held_out=0.1, seed=0):
        """Split into training pairs, and validation pairs without augmentation.

        Args:
            held_out: float, the share for validation, drawn by the name of each pair, so that no
                pair changes sides when others are added; or the path of a text file with a name to
                hold out on every line, with or without ending. Defaults to `0.1`.
            seed: int, for another drawing. Defaults to `0`.

        Returns:
            Two `PairDataset`: training and validation.

        Raises:
            ValueError: if one of them would be empty, and for names that no pair has.

        Example:

        ```python
        train, val = PairDataset.from_folders("masks/", "photos/", image_size=256).split(0.1)
        ```
        """
        held = splits.held_out([self._key(number) for number in self.numbers], held_out, seed)
        return self.subset(~held), self.subset(held, augment=False, shuffle=False)

    def audit(self, *others, verbose=0):
        """Read every pair once and report what is there, and what is wrong with it.

        Args:
            *others: other `PairDataset`, such as the validation pairs, that should share no pair
                with this one.
            verbose: 1 for a progress bar. Defaults to `0`.

        Returns:
            An `Audit`: print it for a table.

        Example:

        ```python
        print(train.audit(val))
        ```
        """
        audit = Audit(self._reader, self.left_out, verbose)
        for other in others:
            audit.compare(Audit(other._reader), repr(other))
        return audit

    def check(self):
        """Refuse pairs that cannot be trained on; `Pix2Pix.fit` calls this before it trains.

        Reads up to 4096 pairs, spread over the set, once.

        Raises:
            ValueError: listing them.
        """
        if self._checked:
            return
        some = np.unique(np.linspace(0, len(self.numbers) - 1, CHECKED).astype(int))
        audit = Audit(self._read_by(self.numbers[some]))
        if audit.problems:
            raise ValueError(
                f"{len(audit.problems)} of {len(some)} pairs cannot be trained on. Mend them, or "
                f"leave them out with on_error='skip'.{listed(audit.problems.values())}"
            )
        if self.image_size is None and self.batch_size > 1 and len(audit.sizes[0]) > 1:
            raise ValueError(
                "Images of one batch must have the same size. Give image_size, or batch_size=1. "
                f"Received: pairs of {len(audit.sizes[0])} sizes, batch_size={self.batch_size}"
            )
        for suspicion in audit.suspicions:
            warnings.warn(suspicion, stacklevel=3)
        self._checked = True

    def leave_out(self, problems, files):
        """Drop pairs, and say what is missing.

        Args:
            problems: dict from a pair's position to what is wrong with it.
            files: list of what is told of files that are in no pair.

        Raises:
            ValueError: if no pair is left.
        """
        if not problems and not files:
            return
        self.left_out += [*problems.values(), *files]
        kept = np.delete(self.numbers, list(problems))
        if not len(kept):
            raise ValueError(f"No pair can be trained on.{listed(self.left_out)}")
        self._reader = self._read_by(kept)
        warnings.warn(
            f"{len(problems)} pairs and {len(files)} files are left out."
            f"{listed([*problems.values(), *files])}",
            stacklevel=3,
        )

    def preview(self, pairs=8, epoch=0):
        """Draw pairs as the network will see them, resized and augmented.

        Args:
            pairs: int, how many. Defaults to `8`.
            epoch: int, whose order and augmentation. Defaults to `0`.

        Returns:
            A `PIL.Image.Image`: `preview().save("pairs.png")`.
        """
        chosen = self._order(epoch)[:pairs]
        seen = [self._reader.pair(epoch, int(position)) for position in chosen]
        images = (self._stack(side, chosen) for side in zip(*seen))
        return sheet(self.formats, *images, title=f"{len(self.numbers)} pairs, epoch {epoch}")

    def __repr__(self):
        return (
            f"PairDataset({len(self.numbers)} pairs, image_size={self.image_size}, "
            f"batch_size={self.batch_size}, augment={self.augment}, formats={self.formats})"
        )

    def _copy(self):
        dataset = copy.copy(self)
        # Its batches are others.
        dataset._ahead = ReadAhead(self._ahead.workers)
        return dataset

    def _read_by(self, numbers):
        options = self.image_size, self.resize, self.augment, self.cache, self.seed
        return PairReader(self._columns, numbers, *options)

    def _key(self, number):
        if self.names is not None:
            return self.names[number]
        source = self._columns[0].images[number]
        if isinstance(source, str | os.PathLike):
            return without_ending(os.path.basename(source))
        return str(number)

    def _pass(self):
        """How many batches a pass over all pairs has."""
        mine = order.length(len(self.numbers), self.shuffle, self.shard)
        return -(-mine // self.batch_size)

    def _order(self, epoch):
        return order.positions(len(self.numbers), epoch, self.shuffle, self.seed, self.shard)

    def _batch(self, epoch, index):
        # A pass over all pairs may be several epochs, or a part of one.
        epoch, index = divmod(epoch * len(self) + index, self._pass())
        chosen = self._order(epoch)[index * self.batch_size : (index + 1) * self.batch_size]
        pairs = [self._reader.pair(epoch, int(position)) for position in chosen]
        return tuple(self._stack(images, chosen) for images in zip(*pairs))

    def _stack(self, images, chosen):
        shapes = {image.shape for image in images}
        if len(shapes) > 1:
            names = ", ".join(self._reader.name(int(position)) for position in chosen)
            raise ValueError(
                "Images of one batch must have the same shape. Give image_size, or batch_size=1. "
                f"Received: shapes {sorted(shapes)} in {names}"
            )
        # They are the dataset's own; one alone need not be copied.
        return images[0][None] if len(images) == 1 else np.stack(images)


def _one_of(argument, value, known):
    if value not in known:
        raise ValueError(
            f"{argument} must be one of {', '.join(map(repr, known))}. Received: {value!r}"
        )
