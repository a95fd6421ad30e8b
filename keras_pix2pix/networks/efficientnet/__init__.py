"""EfficientNet-Lite0 with its ImageNet weights, for losses, metrics and a generator."""

from keras_pix2pix.networks.efficientnet.features import SIZE, feature_maps, unit_distance
from keras_pix2pix.networks.efficientnet.frozen import FrozenFeatures, check_colors, features_of
from keras_pix2pix.networks.efficientnet.generator import EfficientNetGenerator

__all__ = [
    "SIZE",
    "EfficientNetGenerator",
    "FrozenFeatures",
    "check_colors",
    "feature_maps",
    "features_of",
    "unit_distance",
]
