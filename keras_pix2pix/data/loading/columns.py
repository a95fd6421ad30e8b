"""One image of every pair: where it is, and how it is stored."""

import dataclasses
import os
from typing import NamedTuple

import numpy as np

from keras_pix2pix.data.files.colors import has_few_colors
from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.files.images import read_image, shown
from keras_pix2pix.data.pairing.names import Half


class Column(NamedTuple):
    """The conditions, the targets, or one of several images that make up a condition.

    Args:
        images: array of shape `(count, height, width, channels)`; or a sequence of paths, of
            `Half`, or of callables that return an image of shape `(height, width, channels)`.
        format: `Picture`, `Labels` or `Edges`.
        title: str, what one of the images is called in an error.
    """

    images: object
    format: object
    title: str

    def name(self, number):
        """What an image is called in an error: its file, if it has one."""
        source = self.images[number]
        if isinstance(source, str | os.PathLike):
            return shown(source)
        return str(source) if isinstance(source, Half) else f"{self.title} {number}"

    def read(self, number, files):
        """An image as its format prepares it.

        Args:
            number: int.
            files: dict of the files that were read for this pair: one that holds both halves is
                decoded once.

        Raises:
            ValueError: naming the image, if it cannot be had as its format says.
        """
        source = self.images[number]
        path = source.path if isinstance(source, Half) else source
        if isinstance(path, str | os.PathLike):
            key = (path, self.format.indices)
            if key not in files:
                files[key] = read_image(*key)
            image = files[key]
        else:
            image = source() if callable(source) else source
            if getattr(image, "ndim", None) != 3:
                raise ValueError(
                    f"{self.name(number)} must be an array of shape (height, width, channels). "
                    f"Received: {getattr(image, 'shape', type(image))}"
                )
        if isinstance(source, Half):
            image = source.cut(image)
        return self.format.prepared(image, self.name(number))

    def resolved(self, numbers):
        """This column with what its images show: channels, dtype, and how they are resized.

        Args:
            numbers: the images that may be looked at, of which up to 16 are.
        """
        if not isinstance(self.format, Picture):
            return self
        first = self.read(numbers[0], {})
        interpolation = self.format.interpolation
        if interpolation == "auto":
            some = np.unique(np.linspace(0, len(numbers) - 1, min(len(numbers), 16)).astype(int))
            label_map = all(has_few_colors(self.read(numbers[i], {})) for i in some)
            interpolation = "nearest" if label_map else "bicubic"
        return self._replace(
            format=dataclasses.replace(
                self.format,
                channels=first.shape[-1],
                dtype=self.format.dtype or ("uint8" if first.dtype == bool else first.dtype.name),
                interpolation=interpolation,
            )
        )


def columns_of(conditions, targets, formats):
    """The columns of a dataset: one or several of conditions, and the last of targets.

    Args:
        conditions: as `Column.images`, or a tuple of several.
        targets: as `Column.images`.
        formats: tuple of the format of the conditions, or a tuple of several, and of the targets.

    Raises:
        ValueError: for counts that differ, arrays that are not images, and formats that do not fit.
    """
    several = conditions if isinstance(conditions, tuple) else (conditions,)
    given, target_format = formats
    given = given if isinstance(given, tuple) else (given,) * len(several)
    if len(given) != len(several):
        raise ValueError(
            f"There must be one format for each of the {len(several)} condition images. "
            f"Received: {len(given)}"
        )
    titles = ["condition"]
    if len(several) > 1:
        titles = [f"condition[{part}]" for part in range(len(several))]
    columns = [Column(*parts) for parts in zip(several, given, titles)]
    columns.append(Column(targets, target_format, "target"))
    if not hasattr(target_format, "decode"):
        raise ValueError(f"{target_format} is for conditions; targets are Picture or Labels.")
    for column in columns:
        images = column.images
        if isinstance(images, np.ndarray) and images.dtype != object and images.ndim != 4:
            raise ValueError(
                f"{column.title}s must have shape (count, height, width, channels) if they are an "
                f"array. Received: shape {images.shape}"
            )
        if len(images) != len(targets):
            raise ValueError(
                "There must be one target for each condition. Received: "
                f"{len(images)} {column.title}s and {len(targets)} targets"
            )
    if not len(targets):
        raise ValueError("A PairDataset needs at least one pair. Received: none")
    return columns
