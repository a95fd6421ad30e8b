"""The command line: options, commands, trainings in folders, and the page to draw on."""

# It is a package of its own: to import `keras_pix2pix` is to import Keras, which takes seconds, and
# `--help` must not wait for it.
