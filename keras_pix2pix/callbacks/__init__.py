"""Callbacks for `fit`: pictures, an animation, a report, and warnings about problems."""

from keras_pix2pix.callbacks.animation import GIFRecorder
from keras_pix2pix.callbacks.health import GANHealth
from keras_pix2pix.callbacks.html_report import HTMLReport
from keras_pix2pix.callbacks.sample_grid import SampleGrid

__all__ = ["GANHealth", "GIFRecorder", "HTMLReport", "SampleGrid"]
