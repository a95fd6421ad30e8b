"""Describe where the images of one side of all pairs come from, and what they hold."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from keras_pix2pix.data.files.alpha import refuse_undeclared_alpha
from keras_pix2pix.data.files.colors import has_few_colors, palette_of
from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.labels import Labels
from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.files.reading import (
    check_shape,
    naming_file,
    read_image,
)
from keras_pix2pix.data.pairing.folders import names_of_paths
from keras_pix2pix.data.pairing.halves import HalfOfImage
from keras_pix2pix.types import PathLike

# One image: an array of shape `(height, width, channels)`, or where to get it.
Image: TypeAlias = np.ndarray | PathLike | HalfOfImage | Callable[[], np.ndarray]
# Many images: an array of shape `(count, height, width, channels)`, or a sequence.
Images: TypeAlias = np.ndarray | Sequence[Image]
# What a condition holds: one format, or one for each of its images.
ConditionFormat: TypeAlias = Format | tuple[Format, ...]
# Images of one pair whose files were read: by path, and by whether palette indices were read.
ReadFiles: TypeAlias = dict[tuple[PathLike, bool], np.ndarray]

# A function of a path that returns the array of a file.
Read: TypeAlias = Callable[[PathLike], np.ndarray]

# Number of images, spread over the set, that show whether all are label maps.
SAMPLED = 16


def file_of(image: Image) -> PathLike | None:
    """Return the path of the file that holds an image, or `None` if there is none."""
    path = image.path if isinstance(image, HalfOfImage) else image
    return path if isinstance(path, str | os.PathLike) else None


class ImageSource(NamedTuple):
    """The conditions, or the targets, or one of several images that make up a condition.

    Attributes:
        images: array of shape `(count, height, width, channels)`; or a sequence of paths, of
            `HalfOfImage`, of arrays of shape `(height, width, channels)`, or of functions without
            arguments that return such an array.
        format: `Picture`, `Labels` or `InstanceBoundaries`.
        title: str, one of the images in an error message, such as `"condition"`.
        read_file: function of a path that returns the array of a file, or `None` for `read_image`.
    """

    images: Images
    format: Format
    title: str
    read_file: Read | None = None

    def name(self, number: int) -> str:
        """Return the name of an image in error messages: its file, or its title and number."""
        image = self.images[number]
        if isinstance(image, str | os.PathLike):
            return printable_path(image)
        return str(image) if isinstance(image, HalfOfImage) else f"{self.title} {number}"

    def short_names(self) -> list[str]:
        """Return a name of each image: what tells its file from the others, or else its number."""
        paths = [image for image in self.images if isinstance(image, str | os.PathLike)]
        names = iter(names_of_paths(paths))
        return [
            next(names) if isinstance(image, str | os.PathLike) else str(number)
            for number, image in enumerate(self.images)
        ]

    def read(self, number: int, files: ReadFiles) -> np.ndarray:
        """Return an image as its format prepares it.

        Args:
            number: int, of the image.
            files: dict of the files of this pair that were already read, to which this one is
                added. A file that holds both halves is read only once.

        Returns:
            An array of shape `(height, width, channels)`.

        Raises:
            ValueError: if the image cannot be read, or is not of its format. The message names it.
        """
        return self.format.prepared(self.stored(number, files), self.name(number))

    def stored(self, number: int, files: ReadFiles) -> np.ndarray:
        """Return an image as its file holds it; arguments and errors are those of `read`."""
        image = self.images[number]
        path = image.path if isinstance(image, HalfOfImage) else image
        if isinstance(path, str | os.PathLike):
            key = path, self.format.palette_indices
            if self.read_file is not None:
                with naming_file(path):
                    array = np.asarray(self.read_file(path))
                    array = array.reshape(check_shape(array.shape, path))
            else:
                if key not in files:
                    files[key] = read_image(*key)
                array = files[key]
                refuse_undeclared_alpha(path, array.shape[-1], self.format)
        else:
            array = path() if callable(path) else path
            if getattr(array, "ndim", None) != 3:
                raise ValueError(
                    f"{self.name(number)} must be an array of shape (height, width, channels). "
                    f"Received: {getattr(array, 'shape', type(array))}"
                )
        if isinstance(image, HalfOfImage):
            array = image.cut(array)
        return array

    def with_complete_format(self, numbers: Sequence[int] | np.ndarray) -> "ImageSource":
        """Return this source with what its images show in its format.

        The first image tells the channels and the dtype, and the palette of label maps. Up to
        16 images tell whether they are resized to the nearest pixel.

        Args:
            numbers: sequence of ints, the images that may be read.
        """
        if isinstance(self.format, Labels):
            path = file_of(self.images[numbers[0]])
            if path is None or self.read_file or self.format.colors:
                return self
            return self._replace(format=dataclasses.replace(self.format, colors=palette_of(path)))
        if not isinstance(self.format, Picture):
            return self
        first = self.read(numbers[0], {})
        dtype = first.dtype
        if self.format.nodata is not None and not self.format.own_range:
            # Prepared integers are floats, to have NaN among them.
            dtype = self.stored(numbers[0], {}).dtype
        interpolation = self.format.interpolation
        if interpolation == "auto":
            places = np.linspace(0, len(numbers) - 1, min(len(numbers), SAMPLED)).astype(int)
            few_colors = all(has_few_colors(self.read(numbers[i], {})) for i in np.unique(places))
            interpolation = "nearest" if few_colors else "bicubic"
        return self._replace(
            format=dataclasses.replace(
                self.format,
                channels=first.shape[-1],
                dtype=self.format.dtype or ("uint8" if dtype.kind == "b" else dtype.name),
                interpolation=interpolation,
            )
        )


def picture_source(
    pictures: Images,
    format: Format,
    read: Read | tuple[Read | None, ...] | None,
    takes_labels: bool,
) -> ImageSource:
    """Return the source of pictures from which conditions are computed.

    Args:
        pictures: as `ImageSource.images`.
        format: the format of the pictures.
        read: function that reads files, or `None`.
        takes_labels: bool, whether the condition may be computed from label maps.

    Raises:
        ValueError: if there are no pictures, for arrays that are not images, and for formats of
            which no condition is computed.
    """
    if not isinstance(format, (Picture, Labels) if takes_labels else Picture):
        raise ValueError(
            "This condition is computed from pictures: format must be a Picture. Received: "
            f"{format!r}"
        )
    if getattr(format, "nodata", None) is not None:
        raise ValueError(
            "A condition is computed from pictures of which every pixel is known. Received: "
            f"{format!r}, which has nodata"
        )
    source = ImageSource(pictures, format, "picture", *reader_of_each(read, 1))
    check_count_and_shape(source, len(pictures))
    if not len(pictures):
        raise ValueError("A PairDataset needs at least one picture. Received: none")
    return source


def reader_of_each(
    read: Read | tuple[Read | None, ...] | None, count: int
) -> tuple[Read | None, ...]:
    """Return the function that reads each image of a pair.

    Args:
        read: one function or `None` for all, or a tuple of one for each.
        count: int, number of images of a pair.

    Raises:
        ValueError: for another number of them.
    """
    readers = read if isinstance(read, tuple) else (read,) * count
    if len(readers) != count or not all(reader is None or callable(reader) for reader in readers):
        raise ValueError(
            f"read must be a function, or a tuple of a function or None for each of the {count} "
            f"images of a pair. Received: {read!r}"
        )
    return readers


def make_sources(
    conditions: Images | tuple[Images, ...],
    targets: Images,
    formats: tuple[ConditionFormat, Format],
    read: Read | tuple[Read | None, ...] | None = None,
) -> list[ImageSource]:
    """Return the sources of a set of pairs: one or several of conditions, the last one of targets.

    Args:
        conditions: as `ImageSource.images`, or a tuple of several.
        targets: as `ImageSource.images`.
        formats: tuple of the format of the conditions, or a tuple of several, and of the targets.
        read: function that reads files, or a tuple of one, or `None`, for each image of a pair.
            Defaults to `None`.

    Raises:
        ValueError: if the numbers of images differ or are 0, for arrays that are not images, and
            for formats that do not fit.
    """
    several = conditions if isinstance(conditions, tuple) else (conditions,)
    if not isinstance(formats, tuple | list) or len(formats) != 2:
        raise ValueError(
            "formats must be a tuple of the format of the conditions and that of the targets, such "
            f"as (Picture(3), Picture(3)). Received: {formats!r}"
        )
    condition_formats, target_format = formats
    if isinstance(condition_formats, list):
        condition_formats = tuple(condition_formats)
    if not isinstance(condition_formats, tuple):
        condition_formats = (condition_formats,) * len(several)
    if len(condition_formats) != len(several):
        raise ValueError(
            f"There must be one format for each of the {len(several)} condition images. "
            f"Received: {len(condition_formats)}"
        )
    for format in condition_formats:
        if not isinstance(format, Format):
            raise ValueError(
                "The format of conditions must be Picture, Labels or InstanceBoundaries. Received: "
                f"{format!r}"
            )
    if not isinstance(target_format, Picture | Labels):
        raise ValueError(
            f"The format of targets must be Picture or Labels. Received: {target_format}"
        )
    titles = ["condition"]
    if len(several) > 1:
        titles = [f"condition[{part}]" for part in range(len(several))]
    readers = reader_of_each(read, len(several) + 1)
    sources = [ImageSource(*parts) for parts in zip(several, condition_formats, titles, readers)]
    sources.append(ImageSource(targets, target_format, "target", readers[-1]))
    for source in sources:
        check_count_and_shape(source, len(targets))
    if not len(targets):
        raise ValueError("A PairDataset needs at least one pair. Received: none")
    return sources


def check_count_and_shape(source: ImageSource, count: int) -> None:
    """Refuse another number of images than pairs, and an array that is not images.

    Raises:
        ValueError: naming the images and their number or shape.
    """
    images = source.images
    if isinstance(images, np.ndarray) and images.dtype != object and images.ndim != 4:
        raise ValueError(
            f"{source.title}s must have shape (count, height, width, channels) if they are an "
            f"array. Received: shape {images.shape}"
        )
    if len(images) != count:
        raise ValueError(
            f"There must be one target for each condition. Received: {len(images)} {source.title}s "
            f"and {count} targets"
        )
