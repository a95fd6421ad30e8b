"""Recipes: networks, losses and optimizers that are known to work together.

Each function returns a compiled `Pix2Pix` for the pairs that it is given. Read it, and change what
you want to be different.
"""

from keras_pix2pix.recipes.label_maps import labels
from keras_pix2pix.recipes.pictures import paper, sharp, small

__all__ = ["labels", "paper", "sharp", "small"]
