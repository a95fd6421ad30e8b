"""pix2pix for Keras 3: image-to-image translation learned from pairs."""

from keras_pix2pix import callbacks, convert, data, metrics
from keras_pix2pix.discriminators import PatchDiscriminator
from keras_pix2pix.exporting import export
from keras_pix2pix.generators import ResNetGenerator, UNetGenerator
from keras_pix2pix.layers import ConvBlock, DeconvBlock, ResidualBlock
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.schedules import ConstantThenLinear

__version__ = "0.1.0"

__all__ = [
    "ConstantThenLinear",
    "ConvBlock",
    "DeconvBlock",
    "PatchDiscriminator",
    "Pix2Pix",
    "ResNetGenerator",
    "ResidualBlock",
    "UNetGenerator",
    "callbacks",
    "convert",
    "data",
    "export",
    "metrics",
]
