"""Metrics for `compile(metrics=[...])`: how good generated pictures are.

All compare float images of shape `(batch, height, width, channels)` in [-1, 1].
"""

from keras_pix2pix.metrics.feature_distances import FeatureDistances
from keras_pix2pix.metrics.label_scores import LabelScores
from keras_pix2pix.metrics.set_metric import SetMetric
from keras_pix2pix.metrics.similarity import PSNR, SSIM, MultiScaleSSIM

__all__ = ["PSNR", "SSIM", "FeatureDistances", "LabelScores", "MultiScaleSSIM", "SetMetric"]
