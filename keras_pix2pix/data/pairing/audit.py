"""Reading every pair once, and saying what is there and what is wrong."""

import hashlib
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import keras
import numpy as np

from keras_pix2pix.data.files.colors import colors_of, has_few_colors
from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.pairing.names import listed

# Pairs that are handed to the threads at a time.
CHUNK = 256
# How a JPEG shows that it was a mask: nearly all values lie around a few.
PEAKS, PEAK_WIDTH, PEAK_SHARE = 4, 16, 0.97

# Files that hold what was drawn.
LOSSLESS = (".png", ".bmp", ".gif", ".tif", ".tiff", ".npy")


class _Facts(NamedTuple):
    """What is known of one image."""

    size: tuple
    channels: int
    dtype: str
    low: float
    high: float
    few_colors: bool
    blurred_mask: bool
    digest: bytes


class Audit:
    """What a set of pairs holds, and what is wrong with it.

    Args:
        reader: a `PairReader`.
        left_out: list of str, what is told of files and pairs that are left out.
        verbose: 1 for a progress bar. Defaults to `0`.

    Attributes:
        problems: dict from a pair's position to the reason why it cannot be trained on.
        suspicions: list of str, what can be trained on but looks wrong.
        sizes: list of `Counter`, how many images of each column have each height and width.
    """

    def __init__(self, reader, left_out=(), verbose=0):
        self.count = len(reader.numbers)
        self.left_out = list(left_out)
        self.problems = {}
        self.suspicions = []
        self._reader = reader
        self._titles = [column.title for column in reader.columns]
        self.sizes, self._channels, self._dtypes = (
            [Counter() for _ in reader.columns] for _ in range(3)
        )
        self._ranges = [[np.inf, -np.inf] for _ in reader.columns]
        self._label_maps, self._blurred = np.zeros((2, len(reader.columns), self.count), bool)
        self._plain = [[] for _ in reader.columns]
        self._equal = []
        self._by_digest = {}
        self._read(verbose)
        self._find_mixed_channels()
        self._find_suspicious()

    def compare(self, other, name="the other set"):
        """Add a suspicion if pairs of another `Audit` are here as well."""
        shared = [p for d, p in other._by_digest.items() if d in self._by_digest]
        if shared:
            names = [other._reader.name(position[0]) for position in shared]
            self.suspicions.append(
                f"{len(shared)} pairs are in {name} as well: held-out results will look better "
                f"than they are.{listed(names, 5)}"
            )

    def __str__(self):
        rows = [("", *self._titles)]
        rows.append(("sizes", *(_counted(sizes, "{0[1]} x {0[0]}") for sizes in self.sizes)))
        rows.append(("channels", *map(_counted, self._channels)))
        rows.append(("type", *map(_counted, self._dtypes)))
        rows.append(("values", *(f"{low:g} to {high:g}" for low, high in self._ranges)))
        rows.append(("label maps", *(f"{maps.sum()}" for maps in self._label_maps)))
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

    def _read(self, verbose):
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

    def _inspect(self, position):
        """The facts of all images of a pair, or why there are none."""
        try:
            return [_facts(image) for image in self._reader.stored(position)]
        except (ValueError, OSError) as error:
            return str(error)

    def _note(self, position, facts):
        for side, fact in enumerate(facts):
            self.sizes[side][fact.size] += 1
            self._channels[side][fact.channels] += 1
            self._dtypes[side][fact.dtype] += 1
            low, high = self._ranges[side]
            self._ranges[side] = [min(low, fact.low), max(high, fact.high)]
            self._label_maps[side, position] = fact.few_colors
            self._blurred[side, position] = fact.blurred_mask
            if fact.low == fact.high:
                self._plain[side].append(position)
        digests = [fact.digest for fact in facts]
        if digests[0] == digests[-1]:
            self._equal.append(position)
        self._by_digest.setdefault(b"".join(digests), []).append(position)

    def _find_mixed_channels(self):
        """Channels that differ from those of most images, where the format does not say."""
        for side, column in enumerate(self._reader.columns):
            if len(self._channels[side]) < 2 or not isinstance(column.format, Picture):
                continue
            ((most, _),) = self._channels[side].most_common(1)
            for position in range(self.count):
                if position in self.problems:
                    continue
                found = self._reader.stored(position)[side].shape[-1]
                if found != most:
                    self.problems[position] = (
                        f"{column.name(self._reader.numbers[position])} has {found} channels, and "
                        f"most {column.title}s have {most}. Say with formats what is wanted."
                    )

    def _find_suspicious(self):
        readable = np.ones(self.count, bool)
        readable[list(self.problems)] = False
        maps = self._label_maps
        # Which columns are label maps for the most part.
        mostly = 2 * maps.sum(axis=1) > readable.sum()
        odd = np.flatnonzero(readable & (maps[0] != mostly[0]) & (maps[-1] != mostly[-1]))
        if mostly[0] != mostly[-1]:
            self._suspect(odd, "have condition and target exchanged, it seems")
        for side, column in enumerate(self._reader.columns):
            title = self._titles[side]
            if mostly[side]:
                unlike = np.setdiff1d(np.flatnonzero(readable & ~maps[side]), odd)
                colors = [self._colors(position, side) for position in unlike[:5]]
                self._suspect(
                    unlike,
                    f"have a {title} of many values ({', '.join(map(str, colors))}), and most are "
                    "label maps of at most 32: was it blurred, or stored as JPEG?",
                )
            else:
                # The grey edges of a drawing are around its black and white, too.
                lossy = [
                    position
                    for position in np.flatnonzero(self._blurred[side])
                    if not column.name(self._reader.numbers[position]).lower().endswith(LOSSLESS)
                ]
                self._suspect(
                    lossy,
                    f"have a {title} that looks like a label map stored as JPEG: its values lie "
                    "around a few. Store label maps as PNG",
                    least=0.5,
                )
            self._suspect(self._plain[side], f"have a {title} of one value")
            self._suspect_range(column.format, title, *self._ranges[side], self._dtypes[side])
        self._suspect(self._equal, "have a target that is the condition")
        twice = [p for same in self._by_digest.values() for p in same[1:]]
        self._suspect(twice, "are there twice")

    def _suspect(self, positions, what, least=0.0):
        if len(positions) and len(positions) >= least * self.count:
            names = [self._reader.name(position) for position in positions]
            self.suspicions.append(f"{len(positions)} pairs {what}.{listed(names, 5)}")

    def _suspect_range(self, format, title, low, high, dtypes):
        if not isinstance(format, Picture) or format.value_range or not dtypes or low == high:
            return
        kinds = {np.dtype(dtype).kind for dtype in dtypes}
        if kinds == {"f"} and low >= 0:
            self.suspicions.append(
                f"All {title}s are floats from {low:g} to {high:g}, of the -1 to 1 that floats are "
                "expected to have. Say so with Picture(value_range=(0, 1)) if they begin at 0."
            )
        full = max(np.iinfo(dtype).max if kinds == {"u"} else 0 for dtype in dtypes)
        if full and high <= full / 4:
            self.suspicions.append(
                f"All {title}s have values from {low:g} to {high:g} of {full}: nearly black. "
                f"For class indices use Labels({int(high) + 1}); for other values "
                f"Picture(value_range=(0, {int(high)}))."
            )

    def _colors(self, position, side):
        image = self._reader.stored(position)[side]
        return len(colors_of(image)[1]) if image.dtype.kind in "ui" else len(np.unique(image))


def _facts(image):
    return _Facts(
        image.shape[:2],
        image.shape[-1],
        image.dtype.name,
        float(image.min()),
        float(image.max()),
        has_few_colors(image),
        _is_blurred_mask(image),
        hashlib.blake2b(np.ascontiguousarray(image), digest_size=16).digest(),
    )


def _is_blurred_mask(image):
    if image.dtype != np.uint8:
        return False
    counts = np.bincount(image[..., 0].ravel(), minlength=256)
    if (counts > 0).sum() <= 32:
        return False
    near = 0
    for _ in range(PEAKS):
        peak = int(counts.argmax())
        around = slice(max(0, peak - PEAK_WIDTH), peak + PEAK_WIDTH + 1)
        near += counts[around].sum()
        counts[around] = 0
    return near >= PEAK_SHARE * image[..., 0].size


def _counted(counter, text="{0}"):
    """The commonest entries with their counts."""
    shown = [f"{text.format(key)} ({count})" for key, count in counter.most_common(3)]
    return ", ".join(shown + [f"{len(counter) - 3} others"] * (len(counter) > 3)) or "none"


def _section(title, lines):
    lines = list(lines)
    return f"\n{title}:{listed(lines)}" if lines else ""
