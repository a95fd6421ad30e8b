"""
How far a U-Net sees: depth 3, 5 and 8
======================================

Each level of a U-Net halves the image. So each level doubles the distance over which pixels
influence each other. Deep levels are small, so they need little time, but they have many
parameters.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import keras_pix2pix as kp

keras.utils.set_random_seed(0)

# %%
# A generated pixel depends on those pixels of the condition where its gradient is not 0. The images
# have 256 pixels. The network has no normalization, because the mean and variance of a
# normalization depend on all pixels.

figure, axes = plt.subplots(1, 3, figsize=(9, 3.5), layout="constrained")
for axis, depth in zip(axes, (3, 5, 8)):
    generator = kp.UNetGenerator(depth=depth, filters=4, normalization=None)
    noise = np.random.default_rng(0).uniform(-1, 1, (1, 256, 256, 3)).astype("float32")
    condition = tf.Variable(noise)
    with tf.GradientTape() as tape:
        # The sum of four pixels, since the gradient of a single one is often close to 0.
        value = tf.reduce_sum(generator(condition)[0, 127:129, 127:129])
    gradient = tape.gradient(value, condition)
    seen = np.abs(gradient[0]).sum(-1)
    reach = int(np.ptp(np.nonzero(seen.sum(0))[0]) + 1)
    parameters = kp.UNetGenerator(depth=depth).count_params() / 1e6
    axis.imshow(np.log10(seen / seen.max() + 1e-15), cmap="magma", vmin=-15, vmax=0)
    axis.set_title(f"depth {depth}: {reach} pixels\n{parameters:.1f} million parameters")
    axis.axis("off")

# %%
# An example: in these pairs, a mark in the corner gives the disc one of two colors. The mark is at
# least 20 pixels away from the disc. At depth 3, a pixel sees only 15 pixels to each side.

COLORS = np.array([[1, 0.7, -0.6], [-0.4, -0.4, 1]], "float32")


def marked_discs(count, seed):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:64, :64]
    conditions = np.zeros((count, 64, 64, 3), "float32")
    targets = conditions.copy()
    for condition, target in zip(conditions, targets):
        color = COLORS[rng.integers(len(COLORS))]
        left, top = rng.uniform(44, 50, 2)
        disc = (x - left) ** 2 + (y - top) ** 2 < 12**2
        condition[disc] = 1
        condition[:10, :10] = target[:10, :10] = color
        target[disc] = color
    return conditions, targets


# This normalizes the channels of each pixel, so distant pixels have no influence.
local = keras.layers.LayerNormalization(epsilon=1e-5)
train, val = marked_discs(400, seed=1), marked_discs(5, seed=2)
columns = {"condition": val[0], "target": val[1]}
for depth in (3, 5):
    generator = kp.UNetGenerator(depth=depth, filters=8, normalization=local, dropout=0.0)
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=16, filters=4))
    model.compile(
        generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
        adversarial_loss=None,
        reconstruction_loss="mse",
    )
    model.fit(*train, batch_size=4, epochs=4, verbose=0)
    columns[f"depth {depth}"] = model.predict(val[0], verbose=0)

figure, axes = plt.subplots(4, 5, figsize=(7, 5.8), layout="constrained")
for row, (name, images) in zip(axes, columns.items()):
    for axis, image in zip(row, images):
        axis.imshow((image + 1) / 2)
        axis.set_xticks([])
        axis.set_yticks([])
    row[0].set_ylabel(name)

# %%
# At depth 3, the network cannot see the mark, and generates the color with the smallest mean error.
# Use as many levels as the image can be halved: 5 for 32 pixels, 8 for 256.
