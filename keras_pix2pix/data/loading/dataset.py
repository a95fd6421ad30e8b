"""The dataset of pairs that feeds `fit`."""

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np
from PIL import Image

from keras_pix2pix.data.conditions.condition import PictureCondition
from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.geometry import ResizeMode, Size, as_size
from keras_pix2pix.data.files.messages import indented_lines
from keras_pix2pix.data.loading import constructors, large_sets
from keras_pix2pix.data.loading.audit import Audit, check_pairs
from keras_pix2pix.data.loading.drawing import draw_pairs, spread
from keras_pix2pix.data.loading.jitter import Augment, as_augment
from keras_pix2pix.data.loading.order import BatchOrder
from keras_pix2pix.data.loading.prefetch import Prefetcher
from keras_pix2pix.data.loading.reader import PairReader
from keras_pix2pix.data.loading.seen import Checked
from keras_pix2pix.data.pairing.sources import (
    ConditionFormat,
    Images,
    Read,
    make_sources,
    picture_source,
)
from keras_pix2pix.data.pairing.splits import choose_held_out
from keras_pix2pix.data.pairing.weights import source_of_weights
from keras_pix2pix.types import PathLike

AS_STORED = (Picture(), Picture())
# Of so many pictures one must have a condition, if others are skipped.
FORMAT_TRIES = 16
# Maximum number of pairs that `check` reads: a few seconds.
CHECKED = 4096


class PairDataset(keras.utils.PyDataset):
    """Pairs of a condition and a target, in batches of float32 in [-1, 1].

    In training, all images of a pair get the same random window and mirroring: the paper's jitter
    from 286 to 256 pixels, at any size. The pairs of a batch and their augmentation depend on
    `(seed, epoch, index)` alone, for any number of workers. Images are read when they are needed.
    Before it trains, `Pix2Pix.fit` reads all pairs of a set, or 4096 pairs spread over a larger
    set, and refuses pairs that cannot be trained on.

    Args:
        conditions: array of shape `(count, height, width, channels)`; or a sequence of paths, of
            arrays, or of functions without arguments that return an array of shape `(height, width,
            channels)`; or a tuple of several of these, whose images are concatenated. Or a
            `PictureCondition`, such as `EdgeDrawing()`, which is computed from each target.
        targets: array or sequence, for the targets.
        image_size: int or tuple `(height, width)` in pixels, or `None` to keep the size of each
            image; the images of a batch must then have the same size. Defaults to `None`.
        batch_size: int. Defaults to `1`, as in the paper.
        augment: `True` for the paper's jitter and mirroring, or an `Augment`. Defaults to `False`.
        shuffle: bool, whether each epoch has its own random order. Defaults to `None`: only if
            there is augmentation.
        seed: int, of the order and the augmentation. Defaults to `0`.
        formats: tuple of the format of the conditions and of the targets, `Picture` or `Labels`.
            For several condition images, the first is a tuple of formats. For a
            `PictureCondition`, the second is the format of the pictures, and the first does not
            matter. Defaults to `(Picture(), Picture())`.
        resize: how an image of other proportions gets `image_size`. `"fit"` stretches it, `"crop"`
            cuts out its middle, `"pad"` adds a border. `None` does not scale images, and cuts a
            window out of them. Defaults to `"fit"`, as in the paper.
        cache: bool, whether decoded pairs are kept at the size at which they are loaded: in memory,
            or in a file if the memory is too small. Or the path of a folder for that file. Defaults
            to `False`.
        on_error: `"raise"`; or `"skip"` to read every pair once now, and to leave out broken pairs
            with a warning. Defaults to `"raise"`.
        shard: tuple `(index, count)`, the part of every epoch that one of several processes gets.
            If pairs are shuffled, all parts have the same length: in each epoch up to `count - 1`
            pairs are left out. Defaults to `(0, 1)`.
        names: sequence of str, the name of each pair, for `split`. Defaults to `None`: the names of
            the files, or what differs in their paths if some have the same name, or numbers.
        groups: sequence of str, the group of each pair, such as its patient or its scene. `split`
            keeps the pairs of a group on one side. Defaults to `None`: each pair is drawn alone.
        read: function of a path that returns the image in it as an array of shape `(height, width)`
            or `(height, width, channels)`, for files such as DICOM; `formats` say what its values
            mean. Or a tuple of a function or `None` for each image of a pair, the target last.
            Defaults to `None`: images are read as they are stored.
        weights: as `targets`, images in grey that say how much each pixel of a target counts: the
            largest value of an unsigned integer type is 1, and floats are as stored. A pixel of
            weight 0 is left out of all losses, as one without data is; see `Pix2Pix.fit` for which
            losses are weighed. Defaults to `None`: all pixels count alike.
        workers: int, number of threads that read the next batches. Defaults to `1`.

    Attributes:
        condition: the `PictureCondition` that computes the conditions, or `None`.

    Raises:
        ValueError: if there are no pairs, if the numbers of images differ, for arrays that are not
            images, and for arguments out of their range.

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
        conditions: Images | tuple[Images, ...] | PictureCondition,
        targets: Images,
        image_size: int | Size | None = None,
        batch_size: int = 1,
        augment: bool | Augment = False,
        shuffle: bool | None = None,
        seed: int = 0,
        formats: tuple[ConditionFormat, Format] = AS_STORED,
        resize: ResizeMode = "fit",
        cache: bool | PathLike = False,
        on_error: str = "raise",
        shard: tuple[int, int] = (0, 1),
        names: Sequence[str] | None = None,
        workers: int = 1,
        groups: Sequence[str] | None = None,
        read: Read | tuple[Read | None, ...] | None = None,
        weights: Images | None = None,
    ) -> None:
        # Keras' own workers are not used: they wait 0.1 s at the end of every epoch.
        super().__init__()
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1. Received: {batch_size}")
        if on_error not in ("raise", "skip"):
            raise ValueError(f"on_error must be one of 'raise', 'skip'. Received: {on_error!r}")
        for text, given in (("name", names), ("group", groups)):
            if given is not None and len(given) != len(targets):
                raise ValueError(
                    f"There must be one {text} for each pair. Received: {len(given)} {text}s and "
                    f"{len(targets)} pairs"
                )
        self.condition = conditions if isinstance(conditions, PictureCondition) else None
        if isinstance(conditions, PictureCondition):
            takes_labels = conditions.takes_labels
            self._sources = [picture_source(targets, formats[1], read, takes_labels)]
        else:
            self._sources = make_sources(conditions, targets, formats, read)
        # Of computed conditions and of targets, as soon as a picture is known.
        self._computed_formats: tuple[Format, Format] | None = None
        self._weights = source_of_weights(weights, len(targets))
        self._prefetcher: Prefetcher = Prefetcher(workers)
        self.image_size = None if image_size is None else as_size(image_size)
        self.batch_size = batch_size
        self.augment = as_augment(augment)
        self.shuffle = bool(augment) if shuffle is None else shuffle
        self.seed = seed
        self.resize = resize
        self.cache = cache
        self.names = names
        self.groups = groups
        self.epoch = 0
        # Number of batches of an epoch, if an epoch is not a pass over all pairs.
        self.steps: int | None = None
        # Into how many parts each batch is divided.
        self._parts = 1
        # Messages about files and pairs that were left out.
        self.left_out: list[str] = []
        # What `check` has found, the first time.
        self._checked: Checked | None = None
        self._reader = self._make_reader(np.arange(len(targets)))
        if on_error == "skip":
            self.leave_out(self.audit().problems, [])
        self._sources = [source.with_complete_format(self.numbers) for source in self._sources]
        if self.condition:
            # The first picture may be one that is left out.
            tried = FORMAT_TRIES if on_error == "skip" else 1
            self._computed_formats = self._formats_of(self.condition, self.numbers[:tried])
        self._reader = self._make_reader(self.numbers)
        if self.condition and on_error == "skip":
            # Now that their formats are known, conditions that cannot be computed are found.
            self.leave_out(self.audit().problems, [])
        if not 0 <= shard[0] < shard[1] <= len(self.numbers):
            raise ValueError(
                "shard must be (index, count), with the index below the count and a pair for each. "
                f"Received: {shard} of {len(self.numbers)} pairs"
            )
        self.shard = shard

    from_folders = classmethod(constructors.from_folders)
    from_side_by_side = classmethod(constructors.from_side_by_side)
    from_list = classmethod(constructors.from_list)
    from_pictures = classmethod(constructors.from_pictures)
    from_rows = classmethod(large_sets.from_rows)
    from_tars = classmethod(large_sets.from_tars)

    @property
    def formats(self) -> tuple[tuple[Format, ...], Format]:
        """Tuple of a tuple of the formats of the condition images, and the target's format.

        Channels, dtype and interpolation are taken from the first images, if they were not given.
        """
        if self._computed_formats:
            condition, target = self._computed_formats
            return (condition,), target
        *conditions, target = (source.format for source in self._sources)
        return tuple(conditions), target

    @property
    def numbers(self) -> np.ndarray:
        """The numbers of the pairs among all those of the files or arrays, as an array of ints."""
        return self._reader.numbers

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """Return a batch of the epoch: two arrays `(batch, height, width, channels)` in [-1, 1].

        If there are `weights`, or the target's format leaves pixels out, as `Labels(ignore=...)`
        does, there is a third array `(batch, height, width, 1)`: the weight of each pixel.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        return self._prefetcher.get(self._read_batch, self.epoch, index, len(self))

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch. The next batches get its order and augmentation.

        `Pix2Pix.fit` calls it. A training loop of your own has to call it.

        Args:
            epoch: int, from 0.
        """
        self.epoch = epoch

    def in_steps(self, steps: int) -> "PairDataset":
        """Return the same pairs in epochs of `steps` batches, as for `fit(steps_per_epoch=...)`.

        Each epoch continues in the order of the pairs where the epoch before ended.

        Args:
            steps: int, number of batches of an epoch.
        """
        dataset = self._copy()
        dataset.steps = steps
        return dataset

    def part(self, index: int, count: int, parts: int | None = None) -> "PairDataset":
        """Return what one of several processes reads of every batch, so that all read it together.

        `Pix2Pix.fit` calls it. If the pairs cannot be divided into equal parts, a few of them are
        left out of each pass, other ones each time.

        Args:
            index: int, the number of the process, from 0.
            count: int, the number of processes.
            parts: int, into how many parts each batch is divided: the devices of all processes.
                Defaults to `None`: one for each process.

        Raises:
            ValueError: if the batch size cannot be divided, or the parts would not be equal.
        """
        parts, pairs = parts or count, len(self.numbers)
        if self.shard != (0, 1):
            raise ValueError(
                "fit gives each process its part of every batch: leave out shard, and let "
                f"batch_size be that of all processes together. Received: shard={self.shard}"
            )
        if self.batch_size % parts:
            raise ValueError(
                f"batch_size is that of all {parts} processes or devices together, which must "
                f"divide it. Received: batch_size={self.batch_size}. Use {parts} or a multiple."
            )
        if pairs < parts:
            raise ValueError(
                f"Each of {parts} processes or devices needs a pair. Received: {pairs} pairs"
            )
        if pairs % parts and not self.shuffle:
            raise ValueError(
                f"{parts} processes or devices must train on equally many pairs. Received: {pairs} "
                f"pairs, shuffle={self.shuffle}. Use shuffle=True, which leaves out other pairs in "
                "each epoch, or leave some out yourself with subset()."
            )
        dataset = self._copy()
        dataset.shard, dataset.batch_size = (index, count), self.batch_size // count
        dataset._parts = parts
        return dataset

    def pair_names(self) -> list[str]:
        """Return the name of each pair: its own, or that of its first file, or its number."""
        names = self._sources[0].short_names() if self.names is None else self.names
        return [str(names[number]) for number in self.numbers]

    def subset(
        self,
        numbers: Sequence[int] | slice | np.ndarray,
        augment: bool | Augment | None = None,
        shuffle: bool | None = None,
    ) -> "PairDataset":
        """Return a dataset of some of the pairs, which reads the same files or arrays.

        Args:
            numbers: sequence of ints, array of bool, or slice: the pairs to keep.
            augment: as for `PairDataset`. Defaults to `None`: as in this dataset.
            shuffle: as for `PairDataset`. Defaults to `None`: as in this dataset.

        Raises:
            ValueError: if no pair is left.
        """
        dataset = self._copy()
        dataset._checked = None
        if augment is not None:
            dataset.augment = as_augment(augment)
        dataset.shuffle = self.shuffle if shuffle is None else shuffle
        kept = self.numbers[numbers]
        if not len(kept):
            raise ValueError(f"No pair is left of {len(self.numbers)}.")
        dataset._reader = dataset._make_reader(kept)
        return dataset

    def split(
        self, held_out: float | PathLike = 0.1, seed: int = 0
    ) -> tuple["PairDataset", "PairDataset"]:
        """Split into training pairs, and validation pairs without augmentation.

        Args:
            held_out: float, the share for validation, in (0, 1). The draw depends on the name of a
                pair, or of its group: no pair changes sides when others are added. Or the path of a
                text file with the names, or groups, to hold out, one on each line, with or without
                suffix. Defaults to `0.1`.
            seed: int, of the draw. Defaults to `0`.

        Returns:
            A tuple of two `PairDataset`: training and validation.

        Raises:
            ValueError: if one of them would be empty, and for names that no pair has.

        Example:

        ```python
        train, val = PairDataset.from_folders("masks/", "photos/", image_size=256).split(0.1)
        ```
        """
        kept = self.pair_names()
        if self.groups is not None:
            kept = [str(self.groups[number]) for number in self.numbers]
        held = choose_held_out(kept, held_out, seed)
        if held.all() or not held.any():
            raise ValueError(
                f"All {len(kept)} pairs would be on one side: they have {len(set(kept))} different "
                f"names or groups, such as {kept[0]!r}. Use another share, seed or list of names."
            )
        return self.subset(~held), self.subset(held, augment=False, shuffle=False)

    def audit(self, *others: "PairDataset", verbose: int = 0) -> Audit:
        """Read every pair once, and report what the set holds and what is wrong with it.

        Args:
            *others: other `PairDataset`, such as the validation pairs, that should have no pair in
                common with this one.
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

    def check(self, verbose: int = 0) -> None:
        """Refuse pairs that cannot be trained on. `Pix2Pix.fit` calls it before it trains.

        Up to 4096 pairs, spread over the set, are read once. What looks wrong is a warning.

        Args:
            verbose: 1 for a progress bar. Defaults to `0`.

        Raises:
            ValueError: if there are such pairs. The message lists them.
        """
        if self._checked is None:
            some = np.unique(np.linspace(0, len(self.numbers) - 1, CHECKED).astype(int))
            reader = self._make_reader(self.numbers[some])
            self._checked = check_pairs(reader, self.batch_size, verbose)

    @property
    def checked(self) -> Checked:
        """What is known of the pairs that `check` reads: the smallest one, and usual sizes."""
        self.check()
        assert self._checked is not None
        return self._checked

    def leave_out(self, problems: Mapping[int, str], files: Sequence[str]) -> None:
        """Drop pairs, with a warning that lists them.

        Args:
            problems: dict from the position of a pair to the reason why it is dropped.
            files: sequence of messages about files that belong to no pair.

        Raises:
            ValueError: if no pair is left.
        """
        if not problems and not files:
            return
        messages = [*problems.values(), *files]
        self.left_out += messages
        kept = np.delete(self.numbers, list(problems))
        if not len(kept):
            raise ValueError(f"No pair can be trained on.{indented_lines(self.left_out)}")
        self._reader = self._make_reader(kept)
        warnings.warn(
            f"{len(problems)} pairs and {len(files)} files are left out.{indented_lines(messages)}",
            stacklevel=3,
        )

    def preview(self, pairs: int = 8, epoch: int = 0) -> Image.Image:
        """Draw pairs as the network gets them: resized and augmented.

        They are spread over the set, since neighbors often look alike.

        Args:
            pairs: int, number of pairs. Defaults to `8`.
            epoch: int, whose order and augmentation the pairs have. Defaults to `0`.

        Returns:
            A `PIL.Image.Image`: `preview().save("pairs.png")`.
        """
        order = self._order.one_pass(epoch)
        # Pair by pair: they may differ in size.
        shown = order[spread(len(order), pairs)]
        read = [self._reader.pair(epoch, number)[:2] for number in shown]
        return draw_pairs(
            self.formats, *zip(*read), title=f"{len(self.numbers)} pairs, epoch {epoch}"
        )

    def __repr__(self) -> str:
        computed = f"condition={self.condition}, " if self.condition else ""
        return (
            f"PairDataset({len(self.numbers)} pairs, {computed}image_size={self.image_size}, "
            f"batch_size={self.batch_size}, augment={self.augment}, formats={self.formats})"
        )

    @property
    def _order(self) -> BatchOrder:
        options = self.batch_size, self.shuffle, self.seed, self.shard, self.steps, self._parts
        return BatchOrder(len(self.numbers), *options)

    def _copy(self) -> "PairDataset":
        dataset = copy.copy(self)
        # The copy has other batches.
        dataset._prefetcher = Prefetcher(self._prefetcher.workers)
        return dataset

    def _make_reader(self, numbers: np.ndarray) -> PairReader:
        options = self.image_size, self.resize, self.augment, self.cache, self.seed
        computed = self.condition, self._computed_formats
        return PairReader(self._sources, numbers, *options, self._weights, *computed)

    def _formats_of(
        self, condition: PictureCondition, numbers: Iterable[int]
    ) -> tuple[Format, Format]:
        """Return the formats of computed conditions and of targets, as the first picture has them.

        Pictures of which there is no condition are passed over, if others follow.
        """
        (source,) = self._sources
        refusals = []
        for number in numbers:
            try:
                return condition.formats(source.format, source.read(number, {}))
            except ValueError as error:
                refusals.append(ValueError(f"{source.name(number)}: {error}"))
        raise refusals[0]

    def _read_batch(self, epoch: int, index: int) -> tuple[np.ndarray, ...]:
        return self._reader.batch(*self._order.batch(epoch, index))
