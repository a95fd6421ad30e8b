"""How a model is trained: one step for all backends, optimizers, schedules, and what is refused."""

import importlib

import keras

# The one place of the package that asks which backend runs.
backend = importlib.import_module(f"keras_pix2pix.training.backends.{keras.backend.backend()}")
