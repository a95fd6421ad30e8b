"""Metrics for `compile(metrics=[...])`, of images of shape `(batch, height, width, channels)`."""

from keras_pix2pix.metrics.feature_distances import FeatureDistances
from keras_pix2pix.metrics.label_scores import LabelScores
from keras_pix2pix.metrics.set_metric import SetMetric
from keras_pix2pix.metrics.similarity import PSNR, SSIM, MultiScaleSSIM

__all__ = ["PSNR", "SSIM", "FeatureDistances", "LabelScores", "MultiScaleSSIM", "SetMetric"]
