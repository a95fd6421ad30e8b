"""EfficientNet-Lite0 with its ImageNet weights, for losses and metrics on features of pictures."""

from keras_pix2pix.networks.efficientnet.features import SIZE, feature_maps, unit_distance

__all__ = ["SIZE", "feature_maps", "unit_distance"]
