"""How a model is trained: one step for all backends, optimizers, schedules, and what is refused."""

import importlib

import keras

# The one place of the package that asks which backend runs. A file for each backend says how
# gradients are taken.
backend = importlib.import_module(f"keras_pix2pix.training.{keras.backend.backend()}")
