"""
Label maps, done right and wrong
================================

The values of a label map are names of classes. The mean of class 2 and class 4 is not class 3. So
any operation that mixes neighboring pixels (bicubic resizing, JPEG, interpolated rotation) adds
wrong classes.
"""

import io

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw

from keras_pix2pix.data import Labels, PairDataset, Picture
from keras_pix2pix.data.files.colors import count_colors

palette = [(0, 0, 0), (220, 40, 40), (40, 160, 60), (60, 80, 220)]
drawing = Image.new("RGB", (96, 96), palette[0])
pen = ImageDraw.Draw(drawing)
pen.rectangle((8, 50, 88, 88), palette[2])
pen.ellipse((28, 12, 72, 64), palette[1])
pen.polygon([(60, 90), (90, 90), (75, 40)], palette[3])

# %%
# Resizing by nearest neighbor keeps the four colors. The two wrong ways give hundreds of colors.

jpeg = io.BytesIO()
drawing.save(jpeg, "JPEG", quality=75)
versions = {
    "nearest": drawing.resize((64, 64), Image.Resampling.NEAREST),
    "bicubic": drawing.resize((64, 64), Image.Resampling.BICUBIC),
    "stored as JPEG": Image.open(jpeg),
}
figure, axes = plt.subplots(1, 3, figsize=(9, 3.6), layout="constrained")
for axis, (name, image) in zip(axes, versions.items()):
    colors, _ = count_colors(np.asarray(image))
    axis.imshow(image.resize((96, 96), Image.Resampling.NEAREST).crop((20, 40, 68, 88)))
    axis.set_title(f"{name}: {len(colors)} colors")
    axis.axis("off")

# %%
# ``Labels`` gives each class its own channel, and resizes and rotates by nearest neighbor. It
# refuses colors that belong to no class.

maps = np.stack([np.asarray(drawing)] * 4)
photos = np.random.default_rng(0).integers(0, 256, maps.shape, "uint8")
pairs = PairDataset(
    maps, photos, image_size=64, augment=True, formats=(Labels(palette=palette), Picture(3))
)
condition, _ = pairs[0]
print("one channel a class:", condition.shape, "of", np.unique(condition))

blurred = np.stack([np.asarray(versions["bicubic"])] * 4)
try:
    PairDataset(blurred, photos[:, :64, :64], formats=pairs.formats).check()
except ValueError as error:
    print(error)

# %%
# A ``Picture`` with few colors is recognized as a mask, and is also resized by nearest neighbor. It
# has three channels, and some classes have more similar colors than others. A network can learn
# from it. The channels of ``Labels`` are better, because all classes are equally far apart.

figure, axes = plt.subplots(1, 5, figsize=(9, 2.1), layout="constrained")
axes[0].imshow(pairs.formats[0][0].as_rgb(condition[0]))
axes[0].set_title("as colors")
for channel, axis in enumerate(axes[1:]):
    axis.imshow(condition[0, ..., channel], cmap="gray", vmin=-1, vmax=1)
    axis.set_title(f"class {channel}")
for axis in axes:
    axis.axis("off")
