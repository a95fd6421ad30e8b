"""What `Pix2Pix.translate` does: take images of any kind, and return pictures of the same kind."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from PIL import Image

from keras_pix2pix.data import PairDataset, Picture
from keras_pix2pix.inference.condition import check_count, is_file, is_path
from keras_pix2pix.inference.translator import Translator
from keras_pix2pix.training.averaging import averaged


def translate(translator: Translator, images: Any) -> Any:
    """Generate the pictures of images, of the kind that the images are.

    Args:
        translator: a `Translator`.
        images: an image, a batch, a list or a dataset, see `Pix2Pix.translate`.

    Returns:
        Pictures as an array, a Pillow image, a list, an iterator or a `tf.data.Dataset`.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: for images that the model does not take.
    """
    return _translate(translator, images, itertools.count())


def _translate(translator: Translator, images: Any, noise_ids: Iterator[int]) -> Any:
    # Around each batch: a stream is read while other things happen to the model.
    with averaged(translator.model):
        return _of_kind(translator, images, noise_ids)


def _of_kind(translator: Translator, images: Any, noise_ids: Iterator[int]) -> Any:
    if isinstance(images, list) and images and _is_image(images[0]):
        return _pictures(translator, images, noise_ids)
    parts = images if isinstance(images, tuple) else (images,)
    if parts and _is_stream(parts[0]):
        if len(parts) > 1:
            raise ValueError(
                "Several images of a condition come from one dataset, whose batches are tuples of "
                f"them. Received: a tuple of {len(parts)} datasets. Zip them."
            )
        return _stream(translator, parts[0])
    check_count(parts, translator.formats)
    if _is_image(images):
        return _pictures(translator, [images], noise_ids)[0]
    return _batch(translator, parts, noise_ids)


def _is_image(image: Any) -> bool:
    """Return whether something is one image, or a tuple of the images of one condition."""
    if isinstance(image, tuple):
        return all(map(_is_image, image))
    if is_path(image) or is_file(image) or isinstance(image, Image.Image):
        return True
    return getattr(image, "ndim", 0) == 3


def _is_stream(images: Any) -> bool:
    """Return whether something yields batches: a dataset, a loader, or another iterable."""
    if isinstance(images, list | dict | bytes) or _is_image(images) or hasattr(images, "shape"):
        return False
    return hasattr(images, "__iter__") or isinstance(images, keras.utils.PyDataset)


def _pictures(translator: Translator, images: Sequence[Any], noise_ids: Iterator[int]) -> list[Any]:
    """Return a list of pictures, each of the kind of its image."""
    sources = [image if isinstance(image, tuple) else (image,) for image in images]
    conditions = (translator.opened(source, number) for number, source in enumerate(sources))
    return [
        _like(source[0], samples, translator.samples is None)
        for source, samples in zip(sources, translator.pictures(conditions, noise_ids))
    ]


def _like(source: Any, samples: list[np.ndarray], single: bool) -> Any:
    """Return the samples of one condition in the kind of its image."""
    if isinstance(source, Image.Image):
        images = [_as_pillow(picture) for picture in samples]
        return images[0] if single else images
    return samples[0] if single else np.stack(samples)


def _as_pillow(picture: np.ndarray) -> Image.Image:
    channels, dtype = picture.shape[-1], picture.dtype
    if (dtype == "uint8" and channels <= 4) or (dtype in ("uint16", "float32") and channels == 1):
        return Image.fromarray(picture[..., 0] if channels == 1 else picture)
    raise ValueError(
        "A Pillow image cannot hold what the model's targets are. Give the condition as an array. "
        f"Received: pictures of {channels} channels of {dtype}"
    )


def _batch(translator: Translator, parts: Sequence[Any], noise_ids: Iterator[int]) -> np.ndarray:
    """Return the pictures of a batch: an array for each image of the condition."""
    for part in parts:
        if not isinstance(part, list) and not hasattr(part, "shape"):
            raise ValueError(
                "Expected a path, an open file, a Pillow image, an array, a list of these, or a "
                f"dataset. Received: a {type(part).__name__}"
            )
    batches = [ops.convert_to_numpy(part) for part in parts]
    if any(batch.ndim != 4 for batch in batches) or len(set(map(len, batches))) > 1:
        raise ValueError(
            "Expected an image of shape (height, width, channels) or a batch of them, and the same "
            "count, height and width of all images of a condition. Received: shapes "
            f"{', '.join(str(batch.shape) for batch in batches)}"
        )
    pictures = _pictures(translator, list(zip(*batches)), noise_ids)
    if not pictures:
        raise ValueError(f"There must be at least one image. Received: shape {batches[0].shape}")
    return np.stack(pictures, axis=0 if translator.samples is None else 1)


def _stream(translator: Translator, batches: Any) -> Any:
    """Return the pictures of batch after batch. They are generated when they are read."""
    if isinstance(batches, PairDataset):
        if translator.from_picture:
            raise ValueError(
                "from_picture=True is for pictures, and a PairDataset has conditions already."
            )
        # Its conditions are encoded already.
        translator.formats = (Picture(),)
    if not hasattr(batches, "element_spec"):
        return _each_batch(translator, batches)
    import tensorflow as tf

    given = tf.nest.flatten(batches.element_spec)[0].shape[:-1]
    axes = tf.TensorShape([] if translator.samples is None else [translator.samples])
    shape = axes.concatenate(given).concatenate([translator.channels])
    return tf.data.Dataset.from_generator(
        lambda: _each_batch(translator, batches),
        output_signature=tf.TensorSpec(shape, translator.dtype),
    )


def _each_batch(translator: Translator, batches: Any) -> Iterator[Any]:
    """Yield the pictures of each batch of conditions, or of pairs."""
    noise_ids = itertools.count()
    some: Iterable[Any] = batches
    if isinstance(batches, keras.utils.PyDataset):
        some = map(batches.__getitem__, range(len(batches)))
    for batch in some:
        if isinstance(batch, list) and not _is_image(batch[0]):
            # PyTorch's loaders make lists of tuples.
            batch = tuple(batch)
        if isinstance(batch, tuple) and len(batch) != len(translator.formats):
            batch = batch[0]
        yield _translate(translator, batch, noise_ids)
