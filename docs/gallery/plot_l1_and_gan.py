"""
L1 alone, and L1 with a GAN
===========================

If the condition leaves something open, many pictures are correct. With L1 alone, the generator
learns their median, which is not a realistic picture: for example grey fur or blurred grass. With a
discriminator, it learns to generate one realistic picture.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_pix2pix as kp

# %%
# The targets are discs with stripes. The condition does not say where the stripes begin.


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

# %%
# The same generator is trained with three objectives. The weight of L1 is smaller than the paper's
# 100, because texture matters more in these pictures.

objectives = {
    "L1": {"adversarial_loss": None},
    "L1 + cGAN": {"reconstruction_weight": 3.0},
    "cGAN": {"reconstruction_weight": 0.0},
}
rows = {"condition": val[0], "target": val[1]}
for name, objective in objectives.items():
    keras.utils.set_random_seed(0)
    model = kp.Pix2Pix(
        kp.UNetGenerator((32, 32, 1), output_channels=1, depth=4, filters=8),
        kp.PatchDiscriminator((32, 32, 1), (32, 32, 1), receptive_field=16, filters=16),
    )
    model.compile(
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        **objective,
    )
    history = model.fit(*train, batch_size=4, verbose=0).history
    rows[name] = model.predict(val[0], verbose=0)
    distance = abs(rows[name] - val[1]).mean()
    print(f"{name}: L1 distance {distance:.3f}")

figure, axes = plt.subplots(5, 5, figsize=(6.5, 6.6), layout="constrained")
for line, (name, images) in zip(axes, rows.items()):
    for axis, image in zip(line, images):
        axis.imshow(image, cmap="gray", vmin=-1, vmax=1)
        axis.set_xticks([])
        axis.set_yticks([])
    line[0].set_ylabel(name)

# %%
# L1 alone gives the smallest distance, but no stripes: a lower L1 does not mean a better picture.
# :doc:`/guides/metrics` says what else to measure.
