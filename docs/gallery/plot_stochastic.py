"""
Several pictures for one condition
==================================

The paper uses dropout as noise when it generates pictures. By default, ``translate`` is
deterministic. ``stochastic=True`` turns the dropout on.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_pix2pix as kp

keras.utils.set_random_seed(0)
train, val = kp.data.load_sample(image_size=32)
model = kp.Pix2Pix(
    kp.UNetGenerator(depth=5, filters=8, dropout=0.5),
    kp.PatchDiscriminator(receptive_field=16, filters=8),
)
model.compile(
    generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    reconstruction_weight=20.0,
)
model.fit(train, steps_per_epoch=600, verbose=0)

# %%
# The same seed gives the same picture again. Another seed gives another picture.

masks = [kp.data.Picture().decode(val[i][0][0]) for i in (2, 13, 33)]
figure, axes = plt.subplots(3, 8, figsize=(9, 3.8), layout="constrained")
for line, mask in zip(axes, masks):
    samples = [model.translate(mask, stochastic=True, seed=seed) for seed in range(5)]
    spread = np.std(np.array(samples, "float32"), axis=0).mean(axis=-1)
    for axis, image in zip(line, [mask, model.translate(mask), *samples]):
        axis.imshow(image)
    line[-1].imshow(spread, vmin=0, vmax=40)
    assert (model.translate(mask, stochastic=True, seed=0) == samples[0]).all()
titles = ["condition", "translate", *(f"seed {seed}" for seed in range(5)), "spread"]
for axis, title in zip(axes[0], titles):
    axis.set_title(title, fontsize=9)
for axis in axes.flat:
    axis.axis("off")
print(f"standard deviation over the seeds: {spread.mean():.1f} of 255")

# %%
# Another seed does not give another object. The paper reports that its generator learns to ignore
# most of the noise. The same happens here: colors and shades vary, but shapes do not. If a
# condition has several different correct pictures, add the missing information to the condition.
