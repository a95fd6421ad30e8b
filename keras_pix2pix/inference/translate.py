"""Pictures for conditions, of whatever kind they come."""

import itertools

import keras
import numpy as np
from keras import ops
from PIL import Image

from keras_pix2pix.data import PairDataset, Picture
from keras_pix2pix.inference.generation import Condition, check_parts, is_path


def translate(generation, images):
    """Return what `Pix2Pix.translate` returns, by a `Generation`."""
    return _translated(generation, images, itertools.count())


def _translated(generation, images, numbers):
    """What `translate` returns. Noise goes by the seed and the next of `numbers`."""
    if isinstance(images, list) and images and _is_image(images[0]):
        return _list(generation, images, numbers)
    parts = images if isinstance(images, tuple) else (images,)
    if parts and _is_stream(parts[0]):
        if len(parts) > 1:
            raise ValueError(
                "Several images of a condition come from one dataset, whose batches are tuples of "
                f"them. Received: a tuple of {len(parts)} datasets. Zip them."
            )
        return _stream(generation, parts[0])
    check_parts(parts, generation.formats)
    if _is_image(images):
        return _list(generation, [images], numbers)[0]
    batches = [ops.convert_to_numpy(part) for part in parts]
    if any(batch.ndim != 4 for batch in batches) or len(set(map(len, batches))) > 1:
        raise ValueError(
            "Expected an image of shape (height, width, channels) or a batch of them, and the same "
            "count, height and width of all images of a condition. Received: shapes "
            f"{', '.join(str(batch.shape) for batch in batches)}"
        )
    pictures = _list(generation, list(zip(*batches)), numbers)
    if not pictures:
        raise ValueError(f"There must be at least one image. Received: shape {batches[0].shape}")
    return np.stack(pictures, axis=0 if generation.samples is None else 1)


def _is_image(image):
    """Whether it is one image, or a tuple of those that make up a condition."""
    if isinstance(image, tuple):
        return all(map(_is_image, image))
    return is_path(image) or isinstance(image, Image.Image) or getattr(image, "ndim", 0) == 3


def _is_stream(images):
    """Whether it gives batch after batch."""
    if isinstance(images, list | Image.Image) or is_path(images) or hasattr(images, "shape"):
        return False
    return hasattr(images, "__iter__") or isinstance(images, keras.utils.PyDataset)


def _list(generation, images, numbers):
    """A list of pictures, each of the kind of its condition."""
    sources = [image if isinstance(image, tuple) else (image,) for image in images]
    by_rows = generation.tiling is not None
    conditions = (Condition(source, generation.formats, by_rows) for source in sources)
    return [
        _like(source[0], samples, generation.samples is None)
        for source, samples in zip(sources, generation.pictures(conditions, numbers))
    ]


def _like(source, samples, single):
    if isinstance(source, Image.Image):
        samples = [_pillow(picture) for picture in samples]
        return samples[0] if single else samples
    return samples[0] if single else np.stack(samples)


def _pillow(picture):
    channels, dtype = picture.shape[-1], picture.dtype
    if (dtype == "uint8" and channels <= 4) or (dtype in ("uint16", "float32") and channels == 1):
        return Image.fromarray(picture[..., 0] if channels == 1 else picture)
    raise ValueError(
        "A Pillow image cannot hold what the model's targets are. Give the condition as an array. "
        f"Received: pictures of {channels} channels of {dtype}"
    )


def _stream(generation, batches):
    """The pictures of batch after batch, generated when they are asked for."""
    if isinstance(batches, PairDataset):
        # Its conditions are encoded already.
        generation.formats = (Picture(),)
    if not hasattr(batches, "element_spec"):
        return _batches(generation, batches)
    import tensorflow as tf

    given = tf.nest.flatten(batches.element_spec)[0].shape[:-1]
    axes = tf.TensorShape([] if generation.samples is None else [generation.samples])
    shape = axes.concatenate(given).concatenate([generation.channels])
    return tf.data.Dataset.from_generator(
        lambda: _batches(generation, batches),
        output_signature=tf.TensorSpec(shape, generation.dtype),
    )


def _batches(generation, batches):
    numbers = itertools.count()
    if isinstance(batches, keras.utils.PyDataset):
        batches = map(batches.__getitem__, range(len(batches)))
    for batch in batches:
        if isinstance(batch, list) and not _is_image(batch[0]):
            # PyTorch's loaders make lists of tuples.
            batch = tuple(batch)
        if isinstance(batch, tuple) and len(batch) != len(generation.formats):
            batch = batch[0]
        yield _translated(generation, batch, numbers)
