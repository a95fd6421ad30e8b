"""Pairs of images: finding, reading, checking, augmenting and feeding them."""

from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.files.labels import Edges, Labels
from keras_pix2pix.data.loading.dataset import PairDataset
from keras_pix2pix.data.loading.jitter import Augment
from keras_pix2pix.data.pairing.palette import find_palette
from keras_pix2pix.data.sets.catalog import (
    load_camvid,
    load_facades,
    load_pascal_s,
    load_pix2pix,
    load_sample,
    load_voc,
)

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
