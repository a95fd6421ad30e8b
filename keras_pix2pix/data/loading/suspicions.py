"""Find what looks wrong in a set of pairs, though it can be trained on."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from keras_pix2pix.data.files.colors import count_colors, has_thin_lines
from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.files.image_facts import ImageFacts
from keras_pix2pix.data.files.messages import indented_lines
from keras_pix2pix.data.loading.reader import PairReader
from keras_pix2pix.data.pairing.halves import HalfOfImage, holds_three

# File types that store every value as it was.
LOSSLESS = (".png", ".bmp", ".gif", ".tif", ".tiff", ".npy")
# Number of pairs, spread over the set, that are looked at again.
SAMPLED = 16
# Fewer images do not tell whether all label maps of a set are blurred: some drawings look so.
FEW = 4


class SideFacts:
    """What the images of one side of all pairs hold.

    Args:
        count: int, number of pairs.

    Attributes:
        sizes: `Counter`, how many images have each size `(height, width)`.
        channels: `Counter`, the same for the number of channels.
        by_dtype: dict from the name of a dtype to the positions of the images that have it.
        low, high, high_below_full: floats, as those of `ImageFacts`, over all images.
        plain: list of the positions of images of one value.
        grey: bool, whether all images are grey in several channels.
        label_maps, blurred, flat_colors: arrays of bool, as `few_colors`, `blurred_label_map` and
            `flat_colors` of each image.
        shapes: int array of shape `(count, 2)`, the height and width of each image.
    """

    def __init__(self, count: int) -> None:
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.channels: Counter[int] = Counter()
        self.by_dtype: dict[str, list[int]] = defaultdict(list)
        self.low, self.high, self.high_below_full = np.inf, -np.inf, -np.inf
        self.plain: list[int] = []
        self.grey = True
        self.label_maps, self.blurred, self.flat_colors = np.zeros((3, count), bool)
        self.shapes = np.zeros((count, 2), int)

    def note(self, position: int, facts: ImageFacts) -> None:
        """Add the facts about the image of a pair."""
        self.sizes[facts.size] += 1
        self.channels[facts.channels] += 1
        self.by_dtype[facts.dtype].append(position)
        self.low, self.high = min(self.low, facts.low), max(self.high, facts.high)
        self.high_below_full = max(self.high_below_full, facts.high_below_full)
        self.grey &= facts.grey
        self.label_maps[position] = facts.few_colors
        self.blurred[position] = facts.blurred_label_map
        self.flat_colors[position] = facts.flat_colors
        self.shapes[position] = facts.size
        if facts.plain:
            self.plain.append(position)


class Suspicions:
    """Messages about pairs that can be trained on but look wrong.

    Args:
        reader: `PairReader` of the pairs.
        sides: list of the `SideFacts` of each image of a pair.
        readable: array of bool, whether each pair can be trained on.

    Attributes:
        messages: list of str.
    """

    def __init__(
        self, reader: PairReader, sides: Sequence[SideFacts], readable: np.ndarray
    ) -> None:
        self._reader = reader
        self.messages: list[str] = []
        maps = np.stack([side.label_maps for side in sides])
        # Whether most images of a side are label maps.
        mostly_maps = 2 * maps.sum(axis=1) > readable.sum()
        exchanged = np.flatnonzero(
            readable & (maps[0] != mostly_maps[0]) & (maps[-1] != mostly_maps[-1])
        )
        if mostly_maps[0] != mostly_maps[-1]:
            self.add(exchanged, "seem to have condition and target exchanged")
        for number, side in enumerate(sides):
            if mostly_maps[number]:
                no_maps = np.setdiff1d(np.flatnonzero(readable & ~maps[number]), exchanged)
                self._add_no_label_maps(number, no_maps)
                self._add_thin(number, np.flatnonzero(readable & maps[number]))
            else:
                self._add_blurred(number, side)
            self._add_plain(number, side)
            self._add_range(number, side, bool(mostly_maps[number]))
        self._add_grey(sides[-1])
        self._add_halves(sides[0], np.flatnonzero(readable))

    def add(self, positions: Sequence[int] | np.ndarray, text: str) -> None:
        """Add a message about some pairs, if there are any.

        Args:
            positions: sequence of ints, the pairs.
            text: str, what "12 pairs" are or have.
        """
        if len(positions):
            names = [self._reader.name(int(position)) for position in positions]
            stop = "" if text.endswith("?") else "."
            self.messages.append(f"{len(positions)} pairs {text}{stop}{indented_lines(names, 5)}")

    def _add_no_label_maps(self, number: int, positions: np.ndarray) -> None:
        colors = ", ".join(str(self._count_colors(int(p), number)) for p in positions[:5])
        self.add(
            positions,
            f"have a {self._title(number)} of many values ({colors}), and most are label maps of "
            "at most 32: was it blurred, or stored as JPEG?",
        )

    def _add_thin(self, number: int, positions: np.ndarray) -> None:
        source, size = self._reader.sources[number], self._reader.load_size
        if size is None or not source.format.nearest:
            return
        images = [self._reader.stored(int(p))[number] for p in _some(positions)]
        broken = [
            image.dtype.kind in "ui"
            and any(np.less(size, image.shape[:2]))
            and has_thin_lines(image)
            for image in images
        ]
        if 2 * sum(broken) > len(broken):
            self.messages.append(
                f"Most {source.title}s are lines of one pixel, of which scaling to {size[0]} x "
                f"{size[1]} pixels (height x width) leaves dots. Draw them at that size, as "
                "keras-pix2pix prepare edges does with --size, or draw thicker lines."
            )

    def _add_blurred(self, number: int, side: SideFacts) -> None:
        source = self._reader.sources[number]
        # A drawing has grey values near its black and white as well, and a target may be a drawing.
        blurred = [
            int(position)
            for position in np.flatnonzero(side.blurred)
            if (side.flat_colors[position] and source.title != "target")
            or not source.name(self._reader.numbers[position]).lower().endswith(LOSSLESS)
        ]
        if len(blurred) >= max(FEW, 0.75 * len(side.blurred)):
            self.add(
                blurred,
                f"have a {source.title} that looks like a label map stored as JPEG, or antialiased:"
                " nearly all values lie near a few. Store label maps as PNG, with hard edges",
            )

    def _add_plain(self, number: int, side: SideFacts) -> None:
        ignore = getattr(self._reader.sources[number].format, "ignore", None)
        beside = "" if ignore is None else f" beside {ignore}, which is no class"
        self.add(side.plain, f"have a {self._title(number)} of only one value{beside}")

    def _add_range(self, number: int, side: SideFacts, mostly_maps: bool) -> None:
        format = self._reader.sources[number].format
        if not isinstance(format, Picture) or format.value_range or not side.by_dtype:
            return
        title, low, high = self._title(number), side.low, side.high
        (usual, _), *others = sorted(side.by_dtype.items(), key=lambda item: -len(item[1]))
        self.add(
            sorted(position for _, positions in others for position in positions),
            f"have a {title} of another type than {usual}, as most have: each type is taken to "
            "have its full range. Convert them if that is not meant",
        )
        kinds = {np.dtype(dtype).kind for dtype in side.by_dtype}
        if low == high:
            return
        if kinds == {"f"} and low >= 0:
            self.messages.append(
                f"All {title}s are floats from {low:g} to {high:g}; floats are expected to be from "
                "-1 to 1. If theirs are from 0 to 1, use Picture(value_range=(0, 1))."
            )
        full = max(np.iinfo(dtype).max for dtype in side.by_dtype) if kinds == {"u"} else 0
        if full and high <= full / 4:
            bits = int(high).bit_length()
            self.messages.append(
                f"All {title}s have values from {low:g} to {high:g} of {full}: nearly black. "
                f"For class indices use Labels({max(int(high), 1) + 1}); for other values "
                f"Picture(value_range=(0, {2**bits - 1}))."
            )
        if high == full and mostly_maps and 1 <= side.high_below_full <= full / 4:
            classes = int(side.high_below_full) + 1
            self.messages.append(
                f"All {title}s have values from {low:g} to {classes - 1}, and {full}: nearly black."
                f" For class indices use Labels({classes}, ignore={full})."
            )

    def _add_grey(self, targets: SideFacts) -> None:
        if targets.grey and set(targets.channels) == {3}:
            self.messages.append(
                "All targets are grey, in 3 equal channels: what is generated would have colors. "
                "Use formats=(..., Picture(1))."
            )

    def _add_halves(self, side: SideFacts, readable: np.ndarray) -> None:
        images = self._reader.sources[0].images
        if not len(readable) or not isinstance(images[self._reader.numbers[0]], HalfOfImage):
            return
        proportions = side.shapes[readable, 0] / side.shapes[readable, 1]
        usual = Counter(proportions.tolist()).most_common(1)[0][0]
        odd = readable[np.abs(np.log(proportions / usual)) > 0.05]
        # Photos differ in their proportions.
        if 2 * len(odd) < len(readable):
            text = "are halves of other proportions than most: do their images hold two pictures?"
            self.add(odd, text)
        some = _some(readable)
        half = images[self._reader.numbers[0]].half
        if 2 * sum(holds_three(self._reader.stored(int(p))[:2], half) for p in some) > len(some):
            self.add(readable, "are halves of images that seem to hold three pictures each")

    def _title(self, number: int) -> str:
        return self._reader.sources[number].title

    def _count_colors(self, position: int, number: int) -> int:
        image = self._reader.stored(position)[number]
        return len(count_colors(image)[1]) if image.dtype.kind in "ui" else len(np.unique(image))


def _some(positions: np.ndarray) -> np.ndarray:
    """Return up to `SAMPLED` of the positions, spread over all of them."""
    return positions[np.unique(np.linspace(0, len(positions) - 1, SAMPLED).astype(int))]
