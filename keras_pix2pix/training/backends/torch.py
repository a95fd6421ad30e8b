"""Gradients on PyTorch."""

from collections.abc import Callable
from typing import Any

import keras
import torch

from keras_pix2pix.training.backends import torch_adam
from keras_pix2pix.training.backends.plain import (
    alone,
    finish_loop,
    kept_weights,
    largest_of_replicas,
    never_empty,
    of_pictures,
    of_this_replica,
    refuse_to_wait,
    safe,
    whole_batches,
)
from keras_pix2pix.training.backends.torch_processes import joined, mean_gradients, processes
from keras_pix2pix.types import Tensor

__all__ = [
    "alone",
    "finish_loop",
    "joined",
    "kept_weights",
    "largest_of_replicas",
    "never_empty",
    "of_pictures",
    "of_this_replica",
    "processes",
    "refuse_to_wait",
    "safe",
    "whole_batches",
]

# What `compile` does last, and what is done before the first prediction.
prepare, lay_out = torch_adam.prepare, torch_adam.lay_out
# Dynamo compiles Keras' layers one by one, and again for each kind, until it gives up.
JIT_COMPILES = False
no_gradients = torch.no_grad


def run(model: keras.Model, step: Callable[[Any], dict], data: Any) -> dict:
    """Run a step of Keras' trainer."""
    return step(data)


def gradients(
    model: keras.Model, name: str, losses: Callable[[], tuple[Tensor, Any]]
) -> tuple[list[Tensor], Any]:
    """Return the gradient of a loss with respect to the variables of a network."""
    loss, rest = losses()
    variables = [variable.value for variable in getattr(model, name).trainable_variables]
    if not variables:
        return [], rest
    loss = getattr(model.optimizer, name).scale_loss(loss)
    return mean_gradients(loss, variables), rest


def apply(model: keras.Model, name: str, gradients: list[Tensor]) -> None:
    """Update a network, unless all of it is frozen."""
    if not gradients:
        return
    with torch.no_grad():
        getattr(model.optimizer, name).apply(gradients, getattr(model, name).trainable_variables)


def unchanged(model: keras.Model) -> keras.StatelessScope:
    """Return a scope at whose end every variable is what it was at the beginning."""
    return keras.StatelessScope(collect_losses=True)


def only_if(model: keras.Model, due: Tensor, function: Callable[[], dict]) -> dict:
    """Return what a function returns that may change variables, or nothing if it is not due."""
    return function() if bool(due) else {}


def image_gradient(function: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    """Return the gradient of the sum of `function(image)` with respect to `image`."""
    # Validation keeps nothing for gradients, but a penalty is one.
    with torch.enable_grad():
        image = image.detach().requires_grad_()
        return torch.autograd.grad(function(image).sum(), image, create_graph=True)[0]
