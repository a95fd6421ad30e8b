"""Pairs of images: finding, reading, augmenting and feeding them."""

from keras_pix2pix.data.catalog import load_pascal_s, load_sample
from keras_pix2pix.data.pairs import PairDataset

__all__ = ["PairDataset", "load_pascal_s", "load_sample"]
