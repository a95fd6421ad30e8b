"""
Batch or instance norm at test time
===================================

At batch size 1, batch norm *is* instance norm: the mean and variance of the one picture. At test time
they part. Batch norm then uses averages that it stored in training, or, in the paper's mode, the
statistics of whatever else is in the batch. Instance norm does what it did in training.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_pix2pix as kp

train, val = kp.data.load_sample(condition="outline", image_size=32)
conditions, targets = (np.concatenate(side) for side in zip(*(val[i] for i in (7, 8, 1, 16, 31, 2))))

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
# Each is asked three ways: one picture at a time with its own statistics, as in training; all in one
# batch with the statistics of the batch; and with what was stored, which is what Keras does unless it
# is told otherwise.


def ways(model):
    alone = [np.asarray(model.generator(c[None], training=True))[0] for c in conditions]
    together = np.asarray(model.generator(conditions, training=True))
    return {"alone": np.stack(alone), "in a batch": together, "stored": model.predict(conditions)}


figure, axes = plt.subplots(7, 6, figsize=(7, 8.6), layout="constrained")
rows = {"target": targets}
for normalization, model in models.items():
    results = ways(model)
    for way, images in results.items():
        rows[f"{normalization}\n{way}"] = images
        apart = abs(images - results["alone"]).mean() * 127.5
        print(f"{normalization:>8}, {way:<10} differs from alone by {apart:5.1f} of 255")
for line, (name, images) in zip(axes, rows.items()):
    for axis, image in zip(line, images):
        axis.imshow((image + 1) / 2)
        axis.set_xticks([])
        axis.set_yticks([])
    line[0].set_ylabel(name, fontsize=8)

# %%
# That is why ``"instance"`` is the default here. A model that was trained with batch norm at batch
# size 1 can be turned into the equal one with instance norm: a checkpoint of the PyTorch
# implementation by loading it into ``UNetGenerator()``, a model of this library by
# ``model.freeze_normalization()``.
