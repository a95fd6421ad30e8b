"""
The paper's jitter, on a pair
=============================

The paper enlarges each pair from 256 to 286 pixels, cuts out a random window of 256, and mirrors
half of the pairs. Condition and target get the same window and mirroring, so they stay aligned.
"""

import matplotlib.pyplot as plt
import numpy as np

import keras_pix2pix as kp

# %%
# ``augment=True`` does this at any size. The random numbers depend only on ``(seed, epoch,
# index)``. So a resumed training gets the same images in epoch 3 as an uninterrupted one.

train, _ = kp.data.load_sample(condition="outline", image_size=128)


def draws(dataset, number=7, epochs=6):
    """The same pair in several epochs, as colors from 0 to 1."""
    pair = dataset.subset([number], shuffle=False)
    for epoch in range(epochs):
        pair.set_epoch(epoch)
        yield [(side[0] + 1) / 2 for side in pair[0]]


def show(dataset, title):
    figure, axes = plt.subplots(2, 6, figsize=(9, 3.3), layout="constrained")
    figure.suptitle(title)
    for column, pair in zip(axes.T, draws(dataset)):
        for axis, image in zip(column, pair):
            axis.imshow(image)
            axis.axis("off")


show(train, "augment=True: six epochs of one pair")

# %%
# ``Augment`` has further options. ``color`` changes only the target, and never a mask. ``cutout``
# blanks a rectangle in both images.

numbers = np.arange(len(train.numbers))
stronger = train.subset(
    numbers, augment=kp.data.Augment(rotation=20, scale=1.3, color=0.3, cutout=0.25)
)
show(stronger, "Augment(rotation=20, scale=1.3, color=0.3, cutout=0.25)")

# %%
# Choose what suits your pairs: a mirrored map is still a map, but a mirrored letter is wrong.
