"""EfficientNet-Lite0 with its ImageNet weights, for losses and metrics on features of pictures."""

from keras_pix2pix.networks.efficientnet.features import SIZE, feature_maps, unit_distance
from keras_pix2pix.networks.efficientnet.frozen import FrozenFeatures, check_colors, features_of

__all__ = [
    "SIZE",
    "FrozenFeatures",
    "check_colors",
    "feature_maps",
    "features_of",
    "unit_distance",
]
