"""Spectral normalization: a convolution whose kernel has a largest singular value of 1."""

from typing import Any

import keras
from keras import layers, ops

from keras_pix2pix.networks.initialization import Normal
from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class SpectralConv2D(layers.Conv2D):
    """A convolution that divides its kernel by the kernel's largest singular value.

    The kernel counts as a matrix of shape `(height * width * inputs, filters)`. Its largest
    singular value is estimated by power iteration, one iteration for each call with
    `training=True`. The direction that the iteration has reached is the weight `u`. It is not
    trained, and does not change at inference. Under mixed precision, the division is computed in
    float32.

    Args:
        *args: as for `keras.layers.Conv2D`.
        **kwargs: as for `keras.layers.Conv2D`.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)`.
        training: bool, whether the estimate gets better by this call.

    Returns:
        A tensor of shape `(batch, new_height, new_width, filters)`.

    References:
        Miyato et al. 2018, arXiv 1802.05957, algorithm 1.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights."""
        super().build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(self.filters,),
            initializer=Normal(stddev=1.0),
            trainable=False,
            # All replicas compute the same, from the same kernel.
            aggregation="only_first_replica",
        )

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """Make a weight that is float32 under mixed precision, too."""
        return super().add_weight(*args, **{**kwargs, "autocast": False})

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return the convolution of the inputs with the normalized kernel."""
        kernel = ops.convert_to_tensor(self.kernel)
        if self.filters == 1:
            # PyTorch differentiates small convolutions only if the kernel lies in memory in its own
            # order of axes, which with one filter is not the case by itself.
            height, width, channels = kernel.shape[:3]
            kernel = ops.reshape(ops.transpose(kernel, (3, 2, 0, 1)), (-1,))
            kernel = ops.reshape(kernel, (1, channels, height, width))
            kernel = ops.transpose(kernel, (2, 3, 1, 0))
        kernel = kernel / self.largest_singular_value(training)
        outputs = self.convolution_op(inputs, ops.cast(kernel, self.compute_dtype))
        if self.bias is not None:
            outputs = outputs + ops.cast(self.bias, self.compute_dtype)
        return self.activation(outputs)

    def largest_singular_value(self, training: bool | None = None) -> Tensor:
        """Return the estimate of the kernel's largest singular value.

        Args:
            training: bool, whether to make the estimate better by an iteration, and to keep it.

        Returns:
            A scalar tensor. Its gradient is taken as if the singular vectors were constant.
        """
        matrix = ops.reshape(self.kernel, (-1, self.filters))
        constant = ops.stop_gradient(matrix)
        u = _unit(ops.reshape(ops.stop_gradient(ops.convert_to_tensor(self.u)), (1, -1)))
        if training:
            v = _unit(ops.matmul(u, ops.transpose(constant)))
            u = _unit(ops.matmul(v, constant))
            self.u.assign(ops.reshape(u, (-1,)))
        v = _unit(ops.matmul(u, ops.transpose(constant)))
        return ops.sum(ops.matmul(v, matrix) * u)

    # Keras stores the kernel and the bias of a convolution, whatever else it has.
    def save_own_variables(self, store: Any) -> None:
        """Store the kernel, the bias and the direction of the power iteration."""
        super().save_own_variables(store)
        store["u"] = self.u

    def load_own_variables(self, store: Any) -> None:
        """Load the kernel, the bias and the direction of the power iteration."""
        super().load_own_variables(store)
        self.u.assign(store["u"])


def _unit(vector: Tensor) -> Tensor:
    """Return the vector of length 1 in the direction of a vector."""
    return vector / ops.maximum(ops.norm(vector), 1e-12)
