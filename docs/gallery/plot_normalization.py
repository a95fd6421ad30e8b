"""
Batch or instance norm at test time
===================================

At batch size 1, batch norm *is* instance norm: the mean and variance of the one picture. At test
time they part. Batch norm then uses averages that it stored in training, or, in the paper's mode,
the statistics of whatever else is in the batch. Instance norm does what it did in training.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_pix2pix as kp

train, val = kp.data.load_sample(condition="outline", image_size=32)
conditions, targets = (
    np.concatenate(side) for side in zip(*(val[i] for i in (7, 8, 1, 16, 31, 2)))
)

# %%
# Two models that differ in their normalization alone, trained at batch size 1.

models = {}
for normalization in ("batch", "instance"):
    keras.utils.set_random_seed(0)
    models[normalization] = kp.Pix2Pix(
        kp.UNetGenerator(depth=4, filters=8, normalization=normalization, dropout=0.0),
        kp.PatchDiscriminator(receptive_field=16, filters=8, normalization=normalization),
    )
    models[normalization].compile(
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    )
    models[normalization].fit(train, steps_per_epoch=400, verbose=0)

# %%
# Each is asked three ways: one picture at a time with its own statistics, as in training; all in
# one batch, with the statistics of the batch; and with what was stored, which is what Keras does
# unless it is told otherwise. The differences are enlarged five times.


def ways(generator):
    # First what is stored: batch norm in training mode changes it.
    stored = np.asarray(generator(conditions))
    alone = [np.asarray(generator(c[None], training=True))[0] for c in conditions]
    return np.stack(alone), np.asarray(generator(conditions, training=True)), stored


rows = {"target": (targets + 1) / 2}
for normalization, model in models.items():
    alone, together, stored = ways(model.generator)
    rows[f"{normalization}\nalone"] = (alone + 1) / 2
    for way, pictures in {"in a batch": together, "stored": stored}.items():
        apart = abs(pictures - alone)
        rows[f"{normalization}\n{way}"] = np.clip(5 * apart / 2, 0, 1)
        off = 127.5 * apart.mean()
        print(f"{normalization:>8}, {way:<10} differs from alone by {off:5.2f} of 255")
figure, axes = plt.subplots(7, 6, figsize=(7, 8.6), layout="constrained")
for line, (name, images) in zip(axes, rows.items()):
    for axis, image in zip(line, images):
        axis.imshow(image)
        axis.set_xticks([])
        axis.set_yticks([])
    line[0].set_ylabel(name, fontsize=8)

# %%
# That is why ``"instance"`` is the default here. A model that was trained with batch norm at batch
# size 1 can be turned into the equal one with instance norm: a checkpoint of the PyTorch
# implementation by loading it into ``UNetGenerator()``, a model of this library by
# ``model.batch_to_instance_norm()``.
