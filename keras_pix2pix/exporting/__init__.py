"""Models as files of other runtimes, as a web page to draw on, and as a page of the Hub."""

from keras_pix2pix.exporting.export import export
from keras_pix2pix.exporting.model_card import save_card

__all__ = ["export", "save_card"]
