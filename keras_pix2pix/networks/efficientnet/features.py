"""The frozen network, and the features of pictures that it computes."""

import functools

import keras
from keras import layers, ops

from keras_pix2pix.networks.direct import Graph
from keras_pix2pix.networks.efficientnet.architecture import (
    LAST_OF_SIZE,
    block_outputs,
    convolved,
    load_imagenet_weights,
)
from keras_pix2pix.types import Tensor

# The height and width in pixels that the network was trained on.
SIZE = 224


@functools.cache
def feature_maps(blocks: tuple[int, ...] = LAST_OF_SIZE, pooled: bool = False) -> keras.Model:
    """Return the frozen network that computes the features of pictures.

    The network is EfficientNet-Lite0. It has 16 blocks, which are counted from 0:

    | blocks | channels | height and width |
    | --- | --- | --- |
    | 0 | 16 | 1/2 of the picture's |
    | 1, 2 | 24 | 1/4 |
    | 3, 4 | 40 | 1/8 |
    | 5, 6, 7 | 80 | 1/16 |
    | 8, 9, 10 | 112 | 1/16 |
    | 11, 12, 13, 14 | 192 | 1/32 |
    | 15 | 320 | 1/32 |

    All computations are float32 and channels-last. The weights are read once per process, and all
    networks that are returned share them. They are not trained, and the features can be
    differentiated with respect to the pictures. Call this function outside of compiled functions,
    and the network wherever you like, with `training=False`.

    Args:
        blocks: tuple of ints from 0 to 15, the blocks whose outputs are returned. Defaults to
            `(0, 2, 4, 10, 15)`, the last one of each size.
        pooled: bool, whether the features of the layer behind the blocks are returned, too, as
            their mean over the picture. Defaults to `False`.

    Returns:
        A Keras model from pictures of shape `(batch, height, width, 3)` in [-1, 1], of any height
        and width, to a list of features: a tensor of shape `(batch, rows, columns, channels)` for
        each of `blocks`; if `pooled`, one of shape `(batch, 1280)` comes last. Sizes that 32 does
        not divide are rounded up.

    Raises:
        ImportError: saying what to install, if the weights are not installed.
        ValueError: for a block outside of 0 to 15, or nothing to compute.

    Example:

    ```python
    network = feature_maps((2, 4))
    fine, coarse = network(pictures, training=False)
    ```

    References:
        Tan and Le 2019, arXiv 1905.11946. "Lite" has no squeeze-and-excitation, and ReLU6 in the
        place of swish.
    """
    network = _with_all_outputs()
    count = len(network.outputs) - 1
    if not all(block in range(count) for block in blocks) or not (blocks or pooled):
        raise ValueError(
            f"blocks must be a tuple of ints from 0 to {count - 1}, and not empty unless pooled "
            f"is True. Received: blocks={blocks}"
        )
    outputs = [network.outputs[block] for block in blocks]
    if pooled:
        outputs.append(network.outputs[-1])
    features = Graph(network.input, outputs, dtype="float32")
    features.trainable = False
    return features


def unit_distance(one: Tensor, other: Tensor) -> Tensor:
    """Return the squared distance between features of unit length, at every pixel.

    Args:
        one: tensor of shape `(batch, rows, columns, channels)`.
        other: tensor of the same shape.

    Returns:
        A tensor of shape `(batch, rows, columns)`, from 0 to 4.

    References:
        Zhang et al. 2018, arXiv 1801.03924 (LPIPS), without its learned weights.
    """
    one, other = (ops.normalize(features, axis=-1) for features in (one, other))
    return ops.sum(ops.square(one - other), axis=-1)


@functools.cache
def _with_all_outputs() -> keras.Model:
    """Return the network from pictures to the outputs of all blocks and the pooled features.

    Its weights are constants of each process, also where a `keras.distribution` divides others.
    """
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        return _made()
    finally:
        keras.distribution.set_distribution(distribution)


def _made() -> keras.Model:
    pictures = keras.Input((None, None, 3), dtype="float32")
    outputs = block_outputs(pictures, "float32")
    x = convolved(layers.Conv2D, outputs[-1], "float32", filters=1280, kernel_size=1, name="head")
    pooled = layers.GlobalAveragePooling2D(data_format="channels_last", dtype="float32")(x)
    network = keras.Model(pictures, [*outputs, pooled], dtype="float32")
    load_imagenet_weights(network)
    return network
