"""Models as files of other runtimes, and as a page that draws in the browser."""

from keras_pix2pix.exporting.export import export

__all__ = ["export"]
