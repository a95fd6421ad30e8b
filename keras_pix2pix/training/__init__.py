"""How one training step is taken: a file for each backend, picked here."""

import importlib

import keras

# The one place of the package that asks for the backend.
AdversarialTrainer = importlib.import_module(
    f"keras_pix2pix.training.{keras.backend.backend()}"
).AdversarialTrainer
