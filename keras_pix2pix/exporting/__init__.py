"""Models as files of other runtimes, and as a web page to draw on."""

from keras_pix2pix.exporting.export import export

__all__ = ["export"]
