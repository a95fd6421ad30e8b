"""
What a patch of the discriminator sees
======================================

``PatchDiscriminator`` gives one logit for every patch. Here are the patches that one logit, in the
middle, sees on a picture of 256 pixels, for the six values of ``receptive_field``.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.networks.discriminators.patchgan import HALVINGS

_, val = kp.data.load_sample()
picture = Image.fromarray(kp.data.Picture().decode(val[31][1][0])).resize((256, 256))

# %%
# The convolutions before a logit tell where its patch begins: each has a kernel of 4 and a pixel of
# padding, two keep the size and the others halve it.


def patch(receptive_field, index):
    """First pixel of the patch that the logit of this index sees."""
    if receptive_field == 1:
        return index
    first = index - 2
    for _ in range(HALVINGS[receptive_field]):
        first = 2 * first - 1
    return first


figure, axes = plt.subplots(2, 3, figsize=(9, 6.4), layout="constrained")
for axis, receptive_field in zip(axes.flat, HALVINGS):
    discriminator = kp.PatchDiscriminator(
        condition_shape=None, receptive_field=receptive_field, filters=2, normalization=None
    )
    image = np.asarray(picture, "float32")[None] / 127.5 - 1
    logits = np.asarray(discriminator(image))
    rows, columns = logits.shape[1:3]
    first = patch(receptive_field, rows // 2)
    box = (first - 0.5, first - 0.5), receptive_field, receptive_field
    axis.imshow(picture)
    axis.add_patch(Rectangle(*box, fill=False, edgecolor="red", linewidth=2))
    axis.set_title(f"{receptive_field}: {rows} x {columns} logits")
    axis.axis("off")

# %%
# That is what the convolutions reach, and it can be checked: the logit stays the same, to the bit,
# when everything outside its patch is replaced by noise.

discriminator = kp.PatchDiscriminator(None, receptive_field=70, filters=2, normalization=None)
noise = np.random.default_rng(0).uniform(-1, 1, image.shape).astype("float32")
first = patch(70, 15)
inside = np.zeros(image.shape, bool)
inside[:, first : first + 70, first : first + 70] = True
alone = np.where(inside, image, noise)
# One pixel less on each side is too little.
inside[:, first] = inside[:, :, first] = False
less = np.where(inside, image, noise)
whole, patch_alone, smaller = (float(discriminator(x)[0, 15, 15, 0]) for x in (image, alone, less))
print(f"the picture {whole:.8f}, its patch {patch_alone:.8f}, less than the patch {smaller:.8f}")
assert whole == patch_alone != smaller

# %%
# With ``normalization="instance"``, the default, a little of the whole picture comes in as the mean
# and the variance of every channel. A picture smaller than the patch (142 and 286 here are larger
# than most of it) makes a discriminator that judges the picture as a whole.
