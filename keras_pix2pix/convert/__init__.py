"""Checkpoints of other implementations: PyTorch's pix2pix."""

from keras_pix2pix.convert.pytorch import load_pytorch, save_pytorch

__all__ = ["load_pytorch", "save_pytorch"]
