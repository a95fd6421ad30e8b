"""What the networks minimize: objectives of the GAN, and terms that are added to them."""

from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.feature_matching import FeatureMatching
from keras_pix2pix.losses.gradient_penalties import R1, GradientPenalty
from keras_pix2pix.losses.perceptual import Perceptual
from keras_pix2pix.losses.term import PairTerm, Term

__all__ = [
    "R1",
    "Batch",
    "FeatureMatching",
    "GradientPenalty",
    "PairTerm",
    "Perceptual",
    "Term",
]
