"""What the networks minimize: objectives of the GAN, and terms that are added to them."""

from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.coarse import CoarseL1
from keras_pix2pix.losses.feature_matching import FeatureMatching
from keras_pix2pix.losses.gradient_penalties import R1, R2, GradientPenalty
from keras_pix2pix.losses.label_cross_entropy import LabelCrossEntropy, label_probabilities
from keras_pix2pix.losses.perceptual import Perceptual
from keras_pix2pix.losses.term import PairTerm, Term

__all__ = [
    "R1",
    "R2",
    "Batch",
    "CoarseL1",
    "FeatureMatching",
    "GradientPenalty",
    "LabelCrossEntropy",
    "PairTerm",
    "Perceptual",
    "Term",
    "label_probabilities",
]
