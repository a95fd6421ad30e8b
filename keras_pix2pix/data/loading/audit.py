"""Read every pair once, and report what a set holds and what is wrong with it."""

import os
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np

from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.image_facts import ImageFacts, image_facts
from keras_pix2pix.data.files.labels import Labels
from keras_pix2pix.data.files.messages import indented_lines
from keras_pix2pix.data.loading.reader import PairReader
from keras_pix2pix.data.loading.seen import Checked, SeenImages
from keras_pix2pix.data.loading.suspicions import SideFacts, Suspicions

# Pairs that are submitted to the threads at a time.
CHUNK = 256
# How many computed conditions `fit` looks at: some take long.
CHECKED_CONDITIONS = 64


class Audit:
    """A report of what a set of pairs holds, and what is wrong with it. `print` it for a table.

    Args:
        reader: `PairReader` of the pairs.
        left_out: list of str, messages about files and pairs that are already left out. Defaults to
            none.
        verbose: 1 for a progress bar. Defaults to `0`.
        computed: int, how many conditions that are computed are looked at, spread over the set.
            Defaults to `None`: all.

    Attributes:
        count: int, number of pairs.
        problems: dict from the position of a pair to the reason why it cannot be trained on.
        suspicions: list of str, messages about pairs that can be trained on but look wrong.
        left_out: list of str, as the argument.
        sizes: list of `Counter`, one for each image of a pair: how many images have each size
            `(height, width)`.
        shapes: int array of shape `(count, 2)`, the height and width of each pair.
    """

    def __init__(
        self,
        reader: PairReader,
        left_out: Iterable[str] = (),
        verbose: int = 0,
        computed: int | None = None,
    ) -> None:
        self.count = len(reader.numbers)
        self.left_out = list(left_out)
        self.problems: dict[int, str] = {}
        self._reader = reader
        self._sides = [SideFacts(self.count) for _ in reader.sources]
        self.sizes = [side.sizes for side in self._sides]
        self.shapes = self._sides[0].shapes
        # Positions of pairs of equal images, and of each pair's digest.
        self._equal: list[int] = []
        self._by_digest: dict[bytes, list[int]] = {}
        self._read(verbose)
        self._find_mixed_channels()
        # Positions of pairs whose computed condition looks wrong, by what is wrong.
        self.odd_conditions: dict[str, list[int]] = {}
        if reader.formats:
            self._read_conditions(reader.without_augmentation(), computed)
        readable = np.ones(self.count, bool)
        readable[list(self.problems)] = False
        found = Suspicions(reader, self._sides, readable)
        found.add(self._equal, "have a target that equals the condition")
        repeated = [p for positions in self._by_digest.values() for p in positions[1:]]
        found.add(repeated, "repeat another pair")
        for text, positions in self.odd_conditions.items():
            found.add(positions, text)
        self.suspicions = found.messages

    def compare(self, other: "Audit", name: str = "the other set") -> None:
        """Add a suspicion if another set has some of the same pairs.

        Args:
            other: `Audit` of the other set.
            name: str, the other set in the message. Defaults to `"the other set"`.
        """
        shared = [p for digest, p in other._by_digest.items() if digest in self._by_digest]
        if shared:
            names = [other._reader.name(positions[0]) for positions in shared]
            self.suspicions.append(
                f"{len(shared)} pairs are in {name} as well: held-out results will look better "
                f"than they are.{indented_lines(names, 5)}"
            )

    def refuse_cache(self) -> None:
        """Refuse pairs that do not fit into a cache together.

        Raises:
            ValueError: if they would differ in size, or differ in type.
        """
        if self._reader.load_size is None and len(self.sizes[0]) > 1:
            raise ValueError(
                "A cache needs pairs of one size. Give image_size and resize, or cache=False. "
                f"Received: height x width {_most_common(self.sizes[0], '{0[0]} x {0[1]}')}"
            )
        for source, side in zip(self._reader.sources, self._sides):
            if len(side.by_dtype) > 1:
                odd = min(side.by_dtype.values(), key=len)
                names = [source.name(self._reader.numbers[position]) for position in odd]
                raise ValueError(
                    "A cache needs images of one type. Convert them, or use cache=False. Received: "
                    f"{source.title}s of {_most_common(_counted(side.by_dtype))}"
                    f"{indented_lines(names, 5)}"
                )

    def __str__(self) -> str:
        rows = [
            ("", *(source.title for source in self._reader.sources)),
            ("height x width", *(_most_common(s.sizes, "{0[0]} x {0[1]}") for s in self._sides)),
            ("channels", *(_most_common(side.channels) for side in self._sides)),
            ("type", *(_most_common(_counted(side.by_dtype)) for side in self._sides)),
            ("values", *(f"{side.low:g} to {side.high:g}" for side in self._sides)),
            ("label maps", *(f"{side.label_maps.sum()}" for side in self._sides)),
        ]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        table = "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in rows
        )
        return (
            f"{self.count} pairs, {len(self.problems)} that cannot be trained on, "
            f"{len(self.left_out)} files or pairs left out\n{table}"
            f"{_section('cannot be trained on', self.problems.values())}"
            f"{_section('suspicious', self.suspicions)}"
            f"{_section('left out', self.left_out)}"
        )

    def _read(self, verbose: int) -> None:
        bar = keras.utils.Progbar(self.count, unit_name="pair") if verbose else None
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for start in range(0, self.count, CHUNK):
                positions = range(start, min(start + CHUNK, self.count))
                for position, facts in zip(positions, threads.map(self._inspect, positions)):
                    if isinstance(facts, str):
                        self.problems[position] = facts
                    else:
                        self._note(position, facts)
                if bar:
                    bar.update(positions.stop)

    def _inspect(self, position: int) -> list[ImageFacts] | str:
        """Return the facts of all images of a pair, or the reason why it cannot be read."""
        try:
            return [
                image_facts(_filled(image, source.format), _no_class(source.format))
                # The weights, if there are some, are read as well.
                for source, image in zip(self._reader.sources, self._reader.stored(position))
            ]
        except (ValueError, OSError) as error:
            return str(error)

    def _note(self, position: int, pair: Sequence[ImageFacts]) -> None:
        for side, facts in zip(self._sides, pair):
            side.note(position, facts)
        digests = [facts.digest for facts in pair]
        if len(digests) > 1 and digests[0] == digests[-1]:
            self._equal.append(position)
        self._by_digest.setdefault(b"".join(digests), []).append(position)

    def _read_conditions(self, reader: PairReader, most: int | None) -> None:
        """Compute conditions, and note those that cannot be computed or look wrong."""
        condition = reader.condition
        assert condition is not None
        readable = [p for p in range(self.count) if p not in self.problems]
        if most is not None and len(readable) > most:
            readable = [readable[i] for i in np.linspace(0, len(readable) - 1, most).astype(int)]

        def inspect(position: int) -> tuple[bool, str | None]:
            try:
                made = reader.pair(0, position)
            except (ValueError, OSError) as error:
                return True, str(error)
            return False, condition.suspicion(*made[:2])

        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for position, (is_problem, text) in zip(readable, threads.map(inspect, readable)):
                if text is not None and is_problem:
                    self.problems[position] = text
                elif text is not None:
                    self.odd_conditions.setdefault(text, []).append(position)
        self.computed = len(readable)

    def refuse_odd_conditions(self) -> None:
        """Refuse pictures of which no condition is of use.

        Raises:
            ValueError: if all computed conditions look wrong.
        """
        for text, positions in self.odd_conditions.items():
            if len(positions) == self.computed:
                names = [self._reader.name(position) for position in positions]
                raise ValueError(
                    f"{self._reader.condition} is of no use here: all pictures that were looked at "
                    f"{text}. Use other pictures, another condition, or other settings of it."
                    f"{indented_lines(names, 5)}"
                )

    def _find_mixed_channels(self) -> None:
        """Find images with other channels than most, if the format does not convert them."""
        for side, source in enumerate(self._reader.sources):
            channels = self._sides[side].channels
            if len(channels) < 2 or not isinstance(source.format, Picture):
                continue
            ((usual, _),) = channels.most_common(1)
            for position in range(self.count):
                if position in self.problems:
                    continue
                found = self._reader.stored(position)[side].shape[-1]
                if found != usual:
                    self.problems[position] = (
                        f"{source.name(self._reader.numbers[position])} has {found} channels, and "
                        f"most {source.title}s have {usual}. Choose the channels with formats."
                    )


def check_pairs(reader: PairReader, batch_size: int, verbose: int = 0) -> Checked:
    """Refuse pairs that cannot be trained on, and warn of what looks wrong.

    Args:
        reader: `PairReader` of the pairs. All are read once.
        batch_size: int, number of pairs in a batch.
        verbose: 1 for a progress bar. Defaults to `0`.

    Returns:
        What else is known of them then.

    Raises:
        ValueError: if there are such pairs. The message lists them.
    """
    audit = Audit(reader, verbose=verbose, computed=CHECKED_CONDITIONS)
    if audit.problems:
        raise ValueError(
            f"{len(audit.problems)} of {audit.count} pairs cannot be trained on. Repair them, or "
            f"leave them out with on_error='skip'.{indented_lines(audit.problems.values())}"
        )
    audit.refuse_odd_conditions()
    sizes = len(audit.sizes[0])
    if reader.cache:
        audit.refuse_cache()
    if reader.image_size is None and batch_size > 1 and sizes > 1:
        raise ValueError(
            "Images of one batch must have the same size. Give image_size, or batch_size=1. "
            f"Received: pairs of {sizes} sizes, batch_size={batch_size}"
        )
    for suspicion in audit.suspicions:
        # The warning is about the code that calls `fit` or `check`.
        warnings.warn(suspicion, stacklevel=4)
    shapes = audit.shapes
    smallest = int(shapes.min(axis=1).argmin())
    height, width = reader.image_size or map(int, shapes[smallest])
    return Checked((height, width), reader.name(smallest), SeenImages.of(reader, shapes))


def _most_common(counter: Counter, text: str = "{0}") -> str:
    """Return the three most common entries with their counts."""
    entries = [f"{text.format(key)} ({count})" for key, count in counter.most_common(3)]
    return ", ".join(entries + [f"{len(counter) - 3} others"] * (len(counter) > 3)) or "none"


def _counted(positions: Mapping[str, Sequence[int]]) -> Counter[str]:
    return Counter({name: len(some) for name, some in positions.items()})


def _filled(image: np.ndarray, format: Format) -> np.ndarray:
    """Return a prepared image with the value that pixels without data are trained with."""
    if getattr(format, "nodata", None) is None:
        return image
    return np.where(np.isnan(image), format.fill(image.dtype), image)


def _no_class(format: Format) -> int | None:
    """Return the prepared value of pixels without a class, if a format has such pixels."""
    ignoring = isinstance(format, Labels) and format.ignore is not None
    return format.channels if ignoring else None


def _section(title: str, lines: Iterable[str]) -> str:
    lines = list(lines)
    return f"\n{title}:{indented_lines(lines)}" if lines else ""
