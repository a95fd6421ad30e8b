"""
The paper's jitter, on a pair
=============================

The paper enlarges each pair from 256 to 286 pixels, cuts a random window of 256 out and mirrors
every other pair. Condition and target get the same draw, or they would no longer belong together.
"""

import matplotlib.pyplot as plt
import numpy as np

import keras_pix2pix as kp

# %%
# ``augment=True`` does this at any size. The draw follows from ``(seed, epoch, index)``, so epoch 3
# of a resumed training sees what epoch 3 would have seen.

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
# More of it is an ``Augment``. Color is changed in the target alone, and never in a mask; a cutout
# is blanked in both.

numbers = np.arange(len(train.numbers))
stronger = train.subset(
    numbers, augment=kp.data.Augment(rotation=20, scale=1.3, color=0.3, cutout=0.25)
)
show(stronger, "Augment(rotation=20, scale=1.3, color=0.3, cutout=0.25)")

# %%
# Ask for what your pairs can bear: a mirrored map is still a map, a mirrored letter is none.
