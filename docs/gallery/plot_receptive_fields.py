"""
What a patch of the discriminator sees
======================================

``PatchDiscriminator`` gives one logit for every patch. The red boxes show the patch of the middle
logit on an image of 256 pixels, for the six values of ``receptive_field``.
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
# The convolutions determine where the patch of a logit begins. Each has a kernel of 4 and a padding
# of 1 pixel. Two convolutions keep the size, and the others halve it.


def patch(receptive_field, index):
    """Return the first pixel of the patch of the logit with this index."""
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
# This can be checked: if all pixels outside of the patch are replaced by noise, the logit stays the
# same to the bit.

discriminator = kp.PatchDiscriminator(None, receptive_field=70, filters=2, normalization=None)
noise = np.random.default_rng(0).uniform(-1, 1, image.shape).astype("float32")
first = patch(70, 15)
inside = np.zeros(image.shape, bool)
inside[:, first : first + 70, first : first + 70] = True
alone = np.where(inside, image, noise)
# A patch that is one pixel smaller changes the logit.
inside[:, first] = inside[:, :, first] = False
less = np.where(inside, image, noise)
whole, patch_alone, smaller = (float(discriminator(x)[0, 15, 15, 0]) for x in (image, alone, less))
print(f"the picture {whole:.8f}, its patch {patch_alone:.8f}, less than the patch {smaller:.8f}")
assert whole == patch_alone != smaller

# %%
# With ``normalization="instance"``, the default, each logit also depends a little on the whole
# image, through the mean and the variance of every channel. If the patch is larger than the image,
# the discriminator judges the image as a whole. With 286, this is the case here.
