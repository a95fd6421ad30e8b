"""Pairs of images: finding, reading, checking, augmenting and feeding them."""

from keras_pix2pix.data.catalog import (
    load_camvid,
    load_facades,
    load_pascal_s,
    load_pix2pix,
    load_sample,
    load_voc,
)
from keras_pix2pix.data.colors import find_palette
from keras_pix2pix.data.formats import Picture
from keras_pix2pix.data.jitter import Augment
from keras_pix2pix.data.labels import Edges, Labels
from keras_pix2pix.data.pairs import PairDataset

__all__ = [
    "Augment",
    "Edges",
    "Labels",
    "PairDataset",
    "Picture",
    "find_palette",
    "load_camvid",
    "load_facades",
    "load_pascal_s",
    "load_pix2pix",
    "load_sample",
    "load_voc",
]
