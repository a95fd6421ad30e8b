"""
Batch or instance norm at test time
===================================

At batch size 1, batch norm and instance norm are equal in training: both use the mean and the
variance of the image. At test time they differ. Batch norm uses the averages that it stored in
training. In the mode of the paper, it uses the statistics of the whole batch. Instance norm always
uses the image.
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
# The two models differ only in their normalization. Both are trained at batch size 1.

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
# Each model generates in three ways: one image at a time with its own statistics, as in training;
# all images in one batch with the statistics of the batch; and with the stored statistics, the
# default of Keras. The differences from the first way are multiplied by five.


def ways(generator):
    # The stored statistics first: batch norm in training mode changes them.
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
# For this reason ``"instance"`` is the default. You can convert a model that was trained with batch
# norm at batch size 1. For a checkpoint of the PyTorch implementation, load it into
# ``UNetGenerator()``. For a model of this library, call ``model.batch_to_instance_norm()``.
