"""Recipes: networks, losses and optimizers that are known to work together."""

from keras_pix2pix.recipes.label_maps import labels
from keras_pix2pix.recipes.pictures import paper, sharp, small

__all__ = ["labels", "paper", "sharp", "small"]
