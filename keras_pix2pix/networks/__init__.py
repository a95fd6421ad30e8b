"""The networks: blocks, generators, discriminators, and what rewrites them."""

from keras_pix2pix.networks.blocks import ConvBlock, DeconvBlock
from keras_pix2pix.networks.discriminators.multi_scale import MultiScaleDiscriminator
from keras_pix2pix.networks.discriminators.patchgan import PatchDiscriminator
from keras_pix2pix.networks.discriminators.projected import ProjectedDiscriminator
from keras_pix2pix.networks.efficientnet import EfficientNetGenerator
from keras_pix2pix.networks.generators.generator import Generator
from keras_pix2pix.networks.generators.resnet import ResidualBlock, ResNetGenerator
from keras_pix2pix.networks.generators.unet import UNetGenerator
from keras_pix2pix.networks.upsampling import UpsampleBlock

__all__ = [
    "ConvBlock",
    "DeconvBlock",
    "EfficientNetGenerator",
    "Generator",
    "MultiScaleDiscriminator",
    "PatchDiscriminator",
    "ProjectedDiscriminator",
    "ResNetGenerator",
    "ResidualBlock",
    "UNetGenerator",
    "UpsampleBlock",
]
