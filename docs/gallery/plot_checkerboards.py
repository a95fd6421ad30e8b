"""
Checkerboards, and resize convolution
=====================================

If the stride of a transposed convolution does not divide its kernel size, the kernel covers some
pixels more often than others. This gives a checkerboard, which the training must remove. The
networks of this library use 4x4 kernels with stride 2, which cover every pixel equally often. A
weaker checkerboard remains early in the training, because each of the four positions has its own
weights.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

import keras_pix2pix as kp

keras.utils.set_random_seed(0)

# %%
# First count how often each pixel is covered: transposed convolutions of a constant image, with
# kernels of ones.

plain = np.ones((1, 8, 8, 1), "float32")
figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
for axis, kernel_size in zip(axes, (3, 4, 5)):
    layer = layers.Conv2DTranspose(
        1, kernel_size, strides=2, padding="same", kernel_initializer="ones"
    )
    covered = np.asarray(layer(plain))[0, 2:-2, 2:-2, 0]
    axis.imshow(covered, vmin=0, vmax=9, cmap="viridis")
    axis.set_title(f"kernel {kernel_size}: {covered.min():g} to {covered.max():g} times")
    axis.axis("off")

# %%
# A resize convolution first repeats the pixels, and then convolves with stride 1. All positions use
# the same weights. ``Pix2Pix`` takes any functional model as its generator, so such a U-Net needs
# only a few lines.


def resize_unet(depth=4, filters=8):
    x = inputs = keras.Input((None, None, 3))
    skips = []
    for level in range(depth):
        skips.append(x)
        x = kp.ConvBlock(filters * 2**level, normalization="instance" if level else None)(x)
    for level in reversed(range(depth)):
        x = layers.UpSampling2D(interpolation="nearest")(x)
        x = layers.Concatenate()([x, skips[level]]) if level else x
        x = kp.ConvBlock(filters * 2 ** max(level - 1, 0), 3, strides=1, activation="relu")(x)
    outputs = layers.Conv2D(3, 3, padding="same", activation="tanh")(x)
    return keras.Model(inputs, outputs, name="resize_unet")


# %%
# Both networks are trained for the same 300 steps. A checkerboard is most visible in a plain area.

train, val = kp.data.load_sample(image_size=64)
pictures = {}
for name, generator in (
    ("transposed convolution", kp.UNetGenerator(depth=4, filters=8)),
    ("resize convolution", resize_unet()),
):
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=16, filters=8))
    model.compile()
    model.fit(train, steps_per_epoch=300, verbose=0)
    pictures[name] = model.translate(val[5][0])[0]


def alternation(picture):
    """Return the mean difference between even and odd pixels: 0 without a checkerboard."""
    values = picture.astype("float32")
    turns = np.where(np.indices(values.shape[:2]).sum(0) % 2, 1, -1)[..., None]
    return abs((values * turns)[8:-8, 8:-8].mean(axis=(0, 1))).mean()


figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
axes[0].imshow((val[5][1][0] + 1) / 2)
axes[0].set_title("target")
for axis, (name, picture) in zip(axes[1:], pictures.items()):
    axis.imshow(picture, interpolation="nearest")
    axis.set_title(f"{name}\nalternation {alternation(picture):.2f} of 255")
for axis in axes:
    axis.axis("off")

# %%
# With more steps, the checkerboard of transposed convolutions fades. The paper uses them, and
# checkpoints of the PyTorch implementation need them.
