"""Read every pair once, and report what a set holds and what is wrong with it."""

import os
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np

from keras_pix2pix.data.files.colors import count_colors
from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.image_facts import ImageFacts, image_facts
from keras_pix2pix.data.files.messages import indented_lines
from keras_pix2pix.data.loading.reader import PairReader

# Pairs that are submitted to the threads at a time.
CHUNK = 256
# File types that store every value as it was.
LOSSLESS = (".png", ".bmp", ".gif", ".tif", ".tiff", ".npy")


class Audit:
    """A report of what a set of pairs holds, and what is wrong with it. `print` it for a table.

    Args:
        reader: `PairReader` of the pairs.
        left_out: list of str, messages about files and pairs that are already left out. Defaults to
            none.
        verbose: 1 for a progress bar. Defaults to `0`.

    Attributes:
        count: int, number of pairs.
        problems: dict from the position of a pair to the reason why it cannot be trained on.
        suspicions: list of str, messages about pairs that can be trained on but look wrong.
        left_out: list of str, as the argument.
        sizes: list of `Counter`, one for each image of a pair: how many images have each size
            `(height, width)`.
    """

    def __init__(self, reader: PairReader, left_out: Iterable[str] = (), verbose: int = 0) -> None:
        sides = len(reader.sources)
        self.count = len(reader.numbers)
        self.left_out = list(left_out)
        self.problems: dict[int, str] = {}
        self.suspicions: list[str] = []
        self._reader = reader
        self._titles = [source.title for source in reader.sources]
        self.sizes: list[Counter[tuple[int, int]]] = [Counter() for _ in range(sides)]
        self._channels: list[Counter[int]] = [Counter() for _ in range(sides)]
        self._dtypes: list[Counter[str]] = [Counter() for _ in range(sides)]
        self._ranges = [(np.inf, -np.inf)] * sides
        self._label_maps, self._blurred = np.zeros((2, sides, self.count), bool)
        # Positions of images of one value, of pairs of equal images, and of each pair's digest.
        self._plain: list[list[int]] = [[] for _ in range(sides)]
        self._equal: list[int] = []
        self._by_digest: dict[bytes, list[int]] = {}
        self._read(verbose)
        self._find_mixed_channels()
        self._find_suspicious()

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

    def __str__(self) -> str:
        rows = [
            ("", *self._titles),
            ("sizes", *(_most_common(sizes, "{0[1]} x {0[0]}") for sizes in self.sizes)),
            ("channels", *map(_most_common, self._channels)),
            ("type", *map(_most_common, self._dtypes)),
            ("values", *(f"{low:g} to {high:g}" for low, high in self._ranges)),
            ("label maps", *(f"{maps.sum()}" for maps in self._label_maps)),
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
            return [image_facts(image) for image in self._reader.stored(position)]
        except (ValueError, OSError) as error:
            return str(error)

    def _note(self, position: int, pair: Sequence[ImageFacts]) -> None:
        for side, facts in enumerate(pair):
            self.sizes[side][facts.size] += 1
            self._channels[side][facts.channels] += 1
            self._dtypes[side][facts.dtype] += 1
            low, high = self._ranges[side]
            self._ranges[side] = min(low, facts.low), max(high, facts.high)
            self._label_maps[side, position] = facts.few_colors
            self._blurred[side, position] = facts.blurred_label_map
            if facts.low == facts.high:
                self._plain[side].append(position)
        digests = [facts.digest for facts in pair]
        if digests[0] == digests[-1]:
            self._equal.append(position)
        self._by_digest.setdefault(b"".join(digests), []).append(position)

    def _find_mixed_channels(self) -> None:
        """Find images with other channels than most, if the format does not convert them."""
        for side, source in enumerate(self._reader.sources):
            if len(self._channels[side]) < 2 or not isinstance(source.format, Picture):
                continue
            ((usual, _),) = self._channels[side].most_common(1)
            for position in range(self.count):
                if position in self.problems:
                    continue
                found = self._reader.stored(position)[side].shape[-1]
                if found != usual:
                    self.problems[position] = (
                        f"{source.name(self._reader.numbers[position])} has {found} channels, and "
                        f"most {source.title}s have {usual}. Choose the channels with formats."
                    )

    def _find_suspicious(self) -> None:
        readable = np.ones(self.count, bool)
        readable[list(self.problems)] = False
        maps = self._label_maps
        # Whether most images of a side are label maps.
        mostly_maps = 2 * maps.sum(axis=1) > readable.sum()
        exchanged = np.flatnonzero(
            readable & (maps[0] != mostly_maps[0]) & (maps[-1] != mostly_maps[-1])
        )
        if mostly_maps[0] != mostly_maps[-1]:
            self._suspect(exchanged, "seem to have condition and target exchanged")
        for side, source in enumerate(self._reader.sources):
            if mostly_maps[side]:
                no_maps = np.setdiff1d(np.flatnonzero(readable & ~maps[side]), exchanged)
                self._suspect_no_label_maps(side, no_maps)
            else:
                self._suspect_blurred(side)
            self._suspect(self._plain[side], f"have a {source.title} of only one value")
            self._suspect_range(side)
        self._suspect(self._equal, "have a target that equals the condition")
        repeated = [p for positions in self._by_digest.values() for p in positions[1:]]
        self._suspect(repeated, "repeat another pair")

    def _suspect(self, positions: Sequence[int] | np.ndarray, text: str) -> None:
        if len(positions):
            names = [self._reader.name(int(position)) for position in positions]
            self.suspicions.append(f"{len(positions)} pairs {text}.{indented_lines(names, 5)}")

    def _suspect_no_label_maps(self, side: int, positions: np.ndarray) -> None:
        colors = ", ".join(str(self._count_colors(int(p), side)) for p in positions[:5])
        self._suspect(
            positions,
            f"have a {self._titles[side]} of many values ({colors}), and most are label maps of at "
            "most 32: was it blurred, or stored as JPEG?",
        )

    def _suspect_blurred(self, side: int) -> None:
        source = self._reader.sources[side]
        # Only of lossy files: a drawing has grey values near its black and white as well.
        lossy = [
            int(position)
            for position in np.flatnonzero(self._blurred[side])
            if not source.name(self._reader.numbers[position]).lower().endswith(LOSSLESS)
        ]
        if len(lossy) >= 0.5 * self.count:
            self._suspect(
                lossy,
                f"have a {source.title} that looks like a label map stored as JPEG: nearly all "
                "values lie near a few. Store label maps as PNG",
            )

    def _suspect_range(self, side: int) -> None:
        format: Format = self._reader.sources[side].format
        title, (low, high) = self._titles[side], self._ranges[side]
        dtypes = [np.dtype(name) for name in self._dtypes[side]]
        if not isinstance(format, Picture) or format.value_range or not dtypes or low == high:
            return
        kinds = {dtype.kind for dtype in dtypes}
        if kinds == {"f"} and low >= 0:
            self.suspicions.append(
                f"All {title}s are floats from {low:g} to {high:g}; floats are expected to be from "
                "-1 to 1. If theirs are from 0 to 1, use Picture(value_range=(0, 1))."
            )
        largest = max(np.iinfo(dtype).max for dtype in dtypes) if kinds == {"u"} else 0
        if largest and high <= largest / 4:
            self.suspicions.append(
                f"All {title}s have values from {low:g} to {high:g} of {largest}: nearly black. "
                f"For class indices use Labels({int(high) + 1}); for other values "
                f"Picture(value_range=(0, {int(high)}))."
            )

    def _count_colors(self, position: int, side: int) -> int:
        image = self._reader.stored(position)[side]
        return len(count_colors(image)[1]) if image.dtype.kind in "ui" else len(np.unique(image))


def check_pairs(reader: PairReader, batch_size: int) -> None:
    """Refuse pairs that cannot be trained on, and warn of what looks wrong.

    Args:
        reader: `PairReader` of the pairs. All are read once.
        batch_size: int, number of pairs in a batch.

    Raises:
        ValueError: if there are such pairs. The message lists them.
    """
    audit = Audit(reader)
    if audit.problems:
        raise ValueError(
            f"{len(audit.problems)} of {audit.count} pairs cannot be trained on. Repair them, or "
            f"leave them out with on_error='skip'.{indented_lines(audit.problems.values())}"
        )
    sizes = len(audit.sizes[0])
    if reader.image_size is None and batch_size > 1 and sizes > 1:
        raise ValueError(
            "Images of one batch must have the same size. Give image_size, or batch_size=1. "
            f"Received: pairs of {sizes} sizes, batch_size={batch_size}"
        )
    for suspicion in audit.suspicions:
        # The warning is about the code that calls `fit` or `check`.
        warnings.warn(suspicion, stacklevel=4)


def _most_common(counter: Counter, text: str = "{0}") -> str:
    """Return the three most common entries with their counts."""
    entries = [f"{text.format(key)} ({count})" for key, count in counter.most_common(3)]
    return ", ".join(entries + [f"{len(counter) - 3} others"] * (len(counter) > 3)) or "none"


def _section(title: str, lines: Iterable[str]) -> str:
    lines = list(lines)
    return f"\n{title}:{indented_lines(lines)}" if lines else ""
