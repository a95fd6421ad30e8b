"""
Tiles, and their seams
======================

If an image does not fit into memory, it is generated in tiles. Tiles that are placed side by side
show seams. There are two causes: at the border of a tile, a convolution sees padding instead of the
neighbor tile, and instance norm changes the brightness of each tile by its own statistics.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_pix2pix as kp

keras.utils.set_random_seed(0)
train, val = kp.data.load_sample(condition="outline", image_size=64)
model = kp.Pix2Pix(
    kp.UNetGenerator(depth=3, filters=8), kp.PatchDiscriminator(receptive_field=16, filters=8)
)
model.compile(
    generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
)
model.fit(train, steps_per_epoch=400, verbose=0)

# %%
# The condition has 256 x 384 pixels and consists of 24 drawings. It is generated in tiles of 96
# pixels in two ways: side by side, and by ``translate(tile=...)``, which uses overlapping tiles and
# the statistics of the whole image.

rows = [np.concatenate([val[6 * r + c][0][0] for c in range(6)], axis=1) for r in range(4)]
condition = kp.data.Picture().decode(np.concatenate(rows))
TILE = 96


def side_by_side(image):
    picture = np.zeros_like(image)
    for top in range(0, image.shape[0], TILE):
        for left in range(0, image.shape[1], TILE):
            part = np.s_[top : top + TILE, left : left + TILE]
            picture[part] = model.translate(image[part])
    return picture


whole = model.translate(condition)
pictures = {
    "side by side": side_by_side(condition),
    "translate(tile=96)": model.translate(condition, tile=TILE, overlap=64),
}

figure, axes = plt.subplots(3, 2, figsize=(9, 9), layout="constrained")
shown = {"condition": condition, "as a whole": whole}
for name, picture in pictures.items():
    apart = abs(picture.astype(int) - whole).astype("uint8")
    shown[name] = picture
    shown[f"{name}: differs by up to {apart.max()}"] = np.minimum(apart, 51) * 5
for axis, (name, image) in zip(axes.flat, shown.items()):
    axis.imshow(image)
    axis.set_title(name, fontsize=10)
    axis.axis("off")

# %%
# The differences from the picture that was generated as a whole are multiplied by five.
