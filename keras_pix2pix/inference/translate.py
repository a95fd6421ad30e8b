"""How `Pix2Pix` is used: pictures for conditions, of whatever kind they come."""

import itertools

import keras
import numpy as np
from keras import ops
from PIL import Image

from keras_pix2pix.data import PairDataset, Picture
from keras_pix2pix.inference import folders
from keras_pix2pix.inference.generation import Condition, Generation, check_parts, is_path
from keras_pix2pix.networks import rewriting as freezing

NO_BATCH_NORM = (
    "There is {} of this package with normalization='batch' or a BatchNormalization layer. "
    "Received: {}"
)


class Translator:
    """The methods of `Pix2Pix` that use what was trained."""

    def translate(
        self,
        images,
        batch_size=1,
        stochastic=False,
        seed=None,
        samples=None,
        tile=None,
        overlap=64,
    ):
        """Generate pictures for conditions: what kind is given, that kind is returned.

        Images hold what those of the `PairDataset` hold that the model was trained on, whose
        formats are saved with the model: labels, 16 bits, another range of values. Without one,
        they are unsigned integers, or floats in [-1, 1]. Grey is repeated for a generator of three
        channels. Pictures have the size of their condition, from 1 x 1 up.

        | given | returned |
        | --- | --- |
        | path of an image, or array of shape `(height, width, channels)` | array of that shape |
        | array of shape `(batch, height, width, channels)` | array of that shape |
        | Pillow image | Pillow image |
        | list of any of these, and of any sizes | list |
        | `tf.data.Dataset` of arrays | `tf.data.Dataset`, that generates when it is read |
        | `PairDataset`, loader, or other iterable | iterator, that generates when it is read |

        With `tile`, an image may be larger than what the generator takes into memory at once: tiles
        are generated one after another and blended where they overlap. A generator without
        normalization, or with batch norm, then computes what it would for the whole image, if a
        quarter of `overlap` is as far as a pixel's influence reaches. One that normalizes by each
        image's own statistics (instance and group norm) gets those of the whole image first, from
        further passes over it; what is left of the difference is in docs/design.md. In a generator
        of your own such layers see one tile at a time.

        Args:
            images: see above; a tuple of several of one kind, if the condition is made up of
                several images. Datasets and loaders may give pairs as `fit` takes them, of which
                the conditions are taken.
            batch_size: int, how many images of the same size, or tiles, are generated at a time;
                datasets have their own. Defaults to `1`.
            stochastic: bool, whether dropout draws noise, the paper's z. Defaults to `False`: the
                same picture every time, whatever else is in the batch.
            seed: int, for the same noise again, given the same `batch_size` and `tile`. Defaults
                to `None`, other noise on every call.
            samples: int, how many stochastic pictures are generated for each condition: with
                `seed`, with `seed + 1` and so on. Arrays get a leading axis of that length, a
                Pillow image becomes a list. Defaults to `None`: one, and no axis.
            tile: int, the side in pixels of the tiles that images are generated in, a multiple of
                the generator's `size_divisor`. Images are then read by rows, which lifts Pillow's
                limit of 179 megapixels to 537, and that of .npy and uncompressed TIFF altogether.
                Defaults to `None`: each as a whole.
            overlap: int, the pixels that neighboring tiles have in common, at least: they lie at
                multiples of `size_divisor`. Defaults to `64`.

        Returns:
            Pictures of the targets' own dtype and range; uint8 where no dataset has said otherwise.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: for another rank or number of channels, values out of range, what cannot be
                read, and tiles that do not fit the generator.

        Example:

        ```python
        picture = model.translate("mask.png")
        several = model.translate("mask.png", stochastic=True, seed=0, samples=4)
        model.translate(PIL.Image.open("large.png"), tile=512).save("picture.png")
        ```
        """
        generation = Generation(self, batch_size, stochastic, seed, samples, tile, overlap)
        return _translated(generation, images, itertools.count())

    def translate_files(
        self,
        source,
        output,
        overwrite=False,
        batch_size=1,
        stochastic=False,
        seed=None,
        samples=None,
        tile=None,
        overlap=64,
    ):
        """Generate a file for every image of a folder, one after another.

        Names stay, those of sub-folders, too. Pictures are PNG where that can hold their channels
        and dtype, else .npy. Files are written whole or not at all: broken off, even by SIGTERM,
        and called again with the same arguments, it goes on with what is missing.

        Args:
            source: path of a folder, which is searched with its sub-folders; a pattern such as
                `"masks/*.png"` (`**` for sub-folders); path of an image; or a list of such paths.
                A tuple of several, whose names pair them, if the condition is made up of several
                images.
            output: path of the folder to write to, which is made if it is missing.
            overwrite: bool, whether pictures that are there are generated again. Defaults to
                `False`.
            batch_size, stochastic, seed, samples, tile, overlap: as for `translate`. An image's
                noise depends on `seed` and its name, and it is generated by itself. The names of
                `samples` end in `_1`, `_2` and so on.

        Returns:
            A `Translated`: lists `written` and `kept` of the paths of pictures, and the list
            `broken` of tuples of a path and the reason why there is no picture for it.

        Raises:
            ValueError: if nothing is found, two images would have the same name, or the output
                folder is where the images are.
            OSError: if the output folder cannot be written to, or its disk is full.

        Example:

        ```python
        done = model.translate_files("masks/", "pictures/")
        print(len(done.written), "written", *done.broken, sep="\\n")
        ```
        """
        generation = Generation(self, batch_size, stochastic, seed, samples, tile, overlap)
        return folders.translate(generation, source, output, overwrite)

    def freeze_normalization(self):
        """The model of instance norms that equals one trained with batch norm at batch size 1.

        In that training each image was normalized by its own statistics; the stored ones that
        batch norm uses afterwards are a poor stand-in. Scales and offsets of generator and
        discriminator are kept. This model stays as it is.

        Returns:
            A `Pix2Pix`, compiled if this one is, with new optimizers.

        Raises:
            ValueError: if neither network is one of this package with batch norm.
        """
        networks = self.generator, self.discriminator
        chosen = [network for network in networks if freezing.has_batch_norm(network)]
        if not chosen:
            raise ValueError(NO_BATCH_NORM.format("no network", _normalizations(networks)))
        return self._with(*(freezing.with_instance_norm(n) if n in chosen else n for n in networks))

    def fold(self):
        """The model whose convolutions do what batch norm did behind them, for generating faster.

        The stored statistics, scales and offsets go into the kernels and biases of the generator,
        and its batch norms go away. Pictures stay the same. This model stays as it is; train it,
        not the folded one. For a model that was trained at batch size 1, see
        `freeze_normalization`.

        Returns:
            A `Pix2Pix`, compiled if this one is, with new optimizers.

        Raises:
            ValueError: if the generator has no batch norm, or is not of this package.
        """
        if not freezing.has_batch_norm(self.generator):
            raise ValueError(
                NO_BATCH_NORM.format("no generator", _normalizations([self.generator]))
            )
        return self._with(freezing.without_batch_norm(self.generator), self.discriminator)

    def _with(self, generator, discriminator):
        model = freezing.with_networks(self, generator, discriminator)
        if self.compiled:
            model.compile_from_config(self.get_compile_config())
        return model


def _normalizations(networks):
    return [freezing.normalization_of(network) for network in networks]


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
