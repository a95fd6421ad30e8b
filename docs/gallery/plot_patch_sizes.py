"""
Patches of 1, 16 and 70 pixels
==============================

The discriminator judges patches. It cannot judge structures that are larger than a patch. A patch
of 1 pixel has a color but no texture. A patch of 16 pixels has a texture but no layout.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_pix2pix as kp

# %%
# The targets are discs with stripes. The condition does not say where the stripes begin. The weight
# of L1 is low, so that the effect of the discriminator is visible.


def striped_discs(count, seed, size=32):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    conditions = np.full((count, size, size, 1), -1, "float32")
    targets = conditions.copy()
    for condition, target in zip(conditions, targets):
        left, top = rng.uniform(12, 20, 2)
        disc = (x - left) ** 2 + (y - top) ** 2 < rng.uniform(8, 12) ** 2
        stripes = np.sin((x + rng.uniform(0, 8)) * 2 * np.pi / 8)
        condition[disc] = 1
        target[disc] = 0.9 * stripes[disc][:, None]
    return conditions, targets


train, val = striped_discs(1200, seed=1), striped_discs(5, seed=2)
rows = {"condition": val[0], "target": val[1]}
for receptive_field in (1, 16, 70):
    keras.utils.set_random_seed(0)
    model = kp.Pix2Pix(
        kp.UNetGenerator((32, 32, 1), output_channels=1, depth=4, filters=8),
        kp.PatchDiscriminator(
            (32, 32, 1), (32, 32, 1), receptive_field=receptive_field, filters=16
        ),
    )
    model.compile(
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        reconstruction_weight=1.0,
    )
    model.fit(*train, batch_size=4, verbose=0)
    rows[f"{receptive_field}"] = model.predict(val[0], verbose=0)

figure, axes = plt.subplots(5, 5, figsize=(6.5, 6.6), layout="constrained")
for line, (name, images) in zip(axes, rows.items()):
    for axis, image in zip(line, images):
        axis.imshow(image, cmap="gray", vmin=-1, vmax=1)
        axis.set_xticks([])
        axis.set_yticks([])
    line[0].set_ylabel(name)

# %%
# The discriminator with patches of 1 pixel judges only the brightness of single pixels. The images
# have 32 pixels, so a patch of 70 covers the whole image. For images of 256 pixels, the paper found
# 70 best: with 16, pictures were sharp but showed tiles, and 286 (the whole image) was harder to
# train.
