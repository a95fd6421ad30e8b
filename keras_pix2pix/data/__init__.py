"""Pairs of images: find, read, check, augment and feed them."""

import warnings
from typing import Any

from keras_pix2pix.data.conditions.colorization import Gray, Lightness
from keras_pix2pix.data.conditions.condition import PictureCondition
from keras_pix2pix.data.conditions.edges import EdgeDrawing
from keras_pix2pix.data.conditions.holes import BlankRectangle, Holes
from keras_pix2pix.data.conditions.own import OwnCondition
from keras_pix2pix.data.conditions.restoration import Blur, JPEGArtifacts, Noise, Smaller
from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.files.labels import InstanceBoundaries, Labels
from keras_pix2pix.data.loading.dataset import PairDataset
from keras_pix2pix.data.loading.jitter import Augment
from keras_pix2pix.data.pairing.palette import find_palette
from keras_pix2pix.data.sets.image_sets import (
    load_map_sample,
    load_pascal_s,
    load_pix2pix,
    load_sample,
)
from keras_pix2pix.data.sets.label_map_sets import load_camvid, load_facades, load_voc

__all__ = [
    "Augment",
    "BlankRectangle",
    "Blur",
    "EdgeDrawing",
    "Gray",
    "Holes",
    "InstanceBoundaries",
    "JPEGArtifacts",
    "Labels",
    "Lightness",
    "Noise",
    "OwnCondition",
    "PairDataset",
    "Picture",
    "PictureCondition",
    "Smaller",
    "find_palette",
    "load_camvid",
    "load_facades",
    "load_map_sample",
    "load_pascal_s",
    "load_pix2pix",
    "load_sample",
    "load_voc",
]


def __getattr__(name: str) -> Any:
    if name == "Edges":
        warnings.warn(
            "keras_pix2pix.data.Edges is deprecated: use keras_pix2pix.data.InstanceBoundaries",
            DeprecationWarning,
            stacklevel=2,
        )
        return InstanceBoundaries
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
