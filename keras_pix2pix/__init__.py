"""pix2pix for Keras 3: image-to-image translation learned from pairs."""

# Before Keras, whose error would not say what to install.
import keras_pix2pix.installed_backend  # noqa: F401

# isort: split
from keras_pix2pix import callbacks, convert, data, losses, metrics, recipes
from keras_pix2pix.exporting import export, save_card
from keras_pix2pix.networks import (
    ConvBlock,
    DeconvBlock,
    EfficientNetGenerator,
    Generator,
    MultiScaleDiscriminator,
    PatchDiscriminator,
    ProjectedDiscriminator,
    ResidualBlock,
    ResNetGenerator,
    UNetGenerator,
    UpsampleBlock,
)
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.sample_model import load_sample_model
from keras_pix2pix.training.schedules import ConstantThenLinear

__version__ = "0.1.0"

__all__ = [
    "ConstantThenLinear",
    "ConvBlock",
    "DeconvBlock",
    "EfficientNetGenerator",
    "Generator",
    "MultiScaleDiscriminator",
    "PatchDiscriminator",
    "Pix2Pix",
    "ProjectedDiscriminator",
    "ResNetGenerator",
    "ResidualBlock",
    "UNetGenerator",
    "UpsampleBlock",
    "callbacks",
    "convert",
    "data",
    "export",
    "load_sample_model",
    "losses",
    "metrics",
    "recipes",
    "save_card",
]
