"""One step of `Pix2Pix` on every backend: what is minimized, in which order, and the logs."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from keras_pix2pix.keras_private import added_losses
from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.objectives import mean_over_scales
from keras_pix2pix.losses.term import Term
from keras_pix2pix.training import backend, diff_augment, health
from keras_pix2pix.training.batches import make_batch, photo_features
from keras_pix2pix.types import Tensor


def train(model: keras.Model, data: Any) -> dict:
    """Update both networks once, in the order that `compile` was told.

    Args:
        model: a compiled `Pix2Pix`.
        data: tuple of a batch of conditions, of targets and, where they are given, of weights.

    Returns:
        The logs: dict of running means.
    """
    condition, target, weights = _unpacked(data)

    def generator_step() -> tuple[Tensor, Any]:
        generated = _with_holes(model(condition, training=True), target, weights)
        added = added_losses(model)
        known = photo_features(model, target, generated)
        values = {}
        if model.objective is not None and not model.simultaneous:
            values = _train_discriminator(model, condition, target, generated, known, weights)
        augment = _augmentation(model, target)
        # The generator looks through the discriminator without changing its statistics.
        with backend.unchanged(model):
            images = condition, target, generated
            batch = make_batch(model, *images, known, augment=augment, weights=weights)
            loss, own = generator_losses(model, batch, added)
        return loss, (generated, known, values | own)

    gradients, (generated, known, values) = backend.gradients(model, "generator", generator_step)
    if model.simultaneous:
        # The generator has looked through the same discriminator.
        values |= _train_discriminator(model, condition, target, generated, known, weights)
    with _encoder_held(model):
        values |= _apply(model, "generator", gradients)
    if model.optimizer.generator_averages is not None:
        model.optimizer.generator_averages.update()
    if model.watched:
        values |= health.of_pictures(target, generated)
    return _logs(model, values, condition, target, generated)


def _train_discriminator(
    model: keras.Model,
    condition: Tensor,
    target: Tensor,
    generated: Tensor,
    known: list[list[Tensor]],
    weights: Tensor | None,
) -> dict[str, Any]:
    """Update the discriminator, if it does not rest, and return what is logged of it."""

    def update() -> dict[str, Any]:
        # Nothing flows back into the generator.
        images = condition, target, ops.stop_gradient(generated)
        maps = keras.tree.map_structure(ops.stop_gradient, known)
        augment = _augmentation(model, target)
        batch = make_batch(model, *images, maps, augment=augment, weights=weights)
        gradients, values = backend.gradients(
            model, "discriminator", lambda: discriminator_losses(model, batch)
        )
        return values | _apply(model, "discriminator", gradients)

    if not model.pretraining_steps:
        return update()
    due = _pretrained(model)
    weight = ops.cast(due, "float32")
    values = backend.only_if(model, due, update)
    # A value that is computed now and then has a weight already.
    return {
        name: value if isinstance(value, tuple | list) else (value, weight)
        for name, value in values.items()
    }


def _pretrained(model: keras.Model) -> Tensor:
    """Return whether the steps in which the generator learns alone are over."""
    return model.optimizer.iterations >= model.pretraining_steps


def _augmentation(model: keras.Model, target: Tensor) -> diff_augment.DiffAugment | None:
    """Draw what the discriminator's pictures go through, or return `None` for nothing."""
    if not model.diff_augment:
        return None
    return diff_augment.draw(model.diff_augment, target, model.penalty_seed)


def test(model: keras.Model, data: Any) -> dict:
    """Judge a batch without an update.

    Args:
        model: a compiled `Pix2Pix`.
        data: tuple of a batch of conditions, of targets and, where they are given, of weights.

    Returns:
        The logs: dict of running means.
    """
    condition, target, weights = _unpacked(data)
    generated = _with_holes(model(condition, training=model.stochastic), target, weights)
    added = added_losses(model)
    with backend.unchanged(model):
        known = photo_features(model, target, generated)
        images = condition, target, generated
        batch = make_batch(model, *images, known, training=False, weights=weights)
        values: dict[str, Any] = {}
        if model.objective is not None:
            _, values = discriminator_losses(model, batch)
        values |= generator_losses(model, batch, added)[1]
    for metric in model.set_metrics:
        metric.update_state(*backend.of_this_replica(condition, target, generated))
    return _logs(model, values, condition, target, generated)


def discriminator_losses(model: keras.Model, batch: Batch) -> tuple[Tensor, dict[str, Any]]:
    """Return what the discriminator minimizes, and what is logged of it.

    All of it is halved, as in the paper, section 3.3, but for what its layers add.
    """
    objective = model.objective
    extra = _weight_penalties(model.discriminator)
    # In the order of the objective, which takes the logits that are known then.
    for image in (batch.generated, batch.target):
        batch.logits(image)
        extra += sum(added_losses(model.discriminator))
    real, fake = objective.logits(batch)
    loss = mean_over_scales(objective.real, real) + mean_over_scales(objective.fake, fake)
    added, values = _sum_of_terms(model, model.discriminator_terms, batch)
    loss = 0.5 * (loss + added) + extra
    values["discriminator_loss"] = loss
    if model.watched:
        values |= health.accuracies(objective, real, fake)
    return loss, values


def generator_losses(
    model: keras.Model, batch: Batch, added: list[Tensor]
) -> tuple[Tensor, dict[str, Any]]:
    """Return what the generator minimizes, and what is logged of it.

    Args:
        model: a compiled `Pix2Pix`.
        batch: the batch.
        added: list of what layers of the generator have added with `add_loss`.
    """
    loss, values = _sum_of_terms(model, model.generator_terms, batch)
    loss += sum(added) + _weight_penalties(model.generator)
    return loss, {"loss": loss, **values}


def _weight_penalties(network: keras.Model) -> Any:
    """Return the sum of the regularizers of the weights that a network trains."""
    variables = network.trainable_variables
    return sum(v.regularizer(v) for v in variables if v.regularizer is not None)


def _sum_of_terms(
    model: keras.Model, terms: list[Term], batch: Batch
) -> tuple[Tensor, dict[str, Any]]:
    """Return the weighted sum of terms, and each of them without its weight.

    A term that is not computed in every step comes as a tuple with a 1 or a 0: whether it was.
    """
    total, values = 0.0, {}
    for (every, waits), group in _groups(model, terms).items():
        if not batch.training or (every == 1 and not waits):
            for term in group:
                value = values[term.name] = _scalar(term, batch)
                total += term.weight * value
            continue
        due = ops.equal(ops.mod(model.optimizer.iterations, every), 0)
        if waits:
            due = ops.logical_and(due, _pretrained(model))
        weight = ops.cast(due, "float32")
        for term, value in zip(group, _now_and_then(model, group, batch, due)):
            values[term.name] = value, weight
            total += term.weight * every * value
    return total, values


def _groups(model: keras.Model, terms: list[Term]) -> dict[tuple[int, bool], list[Term]]:
    """Return terms by when they are computed: every so many steps, and after pretraining or not."""
    groups: dict[tuple[int, bool], list[Term]] = {}
    for term in terms:
        waits = term.after_pretraining and model.pretraining_steps > 0
        groups.setdefault((term.every, waits), []).append(term)
    return groups


def _scalar(term: Term, batch: Batch) -> Tensor:
    value = term(batch)
    if not hasattr(value, "shape") or len(value.shape):
        raise ValueError(
            f"The term {term.name} must return a scalar tensor, such as the mean of its values. "
            f"Received: {f'shape {tuple(value.shape)}' if hasattr(value, 'shape') else repr(value)}"
        )
    return value


def _now_and_then(model: keras.Model, terms: list[Term], batch: Batch, due: Tensor) -> list[Tensor]:
    """Return the values of terms that are due, else zeros."""

    def compute() -> list[Tensor]:
        # What a branch computes or changes must not be used outside of it.
        with backend.unchanged(model):
            own = batch.afresh()
            return [ops.cast(_scalar(term, own), "float32") for term in terms]

    return ops.cond(due, compute, lambda: [ops.zeros((), "float32") for _ in terms])


def _apply(model: keras.Model, name: str, gradients: list[Tensor]) -> dict[str, Tensor]:
    """Update a network; return the norm of all its gradients where the model is watched."""
    backend.apply(model, name, gradients)
    if not model.watched:
        return {}
    with backend.no_gradients():
        squares = [ops.sum(ops.square(g)) for g in gradients if g is not None]
        norm = ops.sqrt(sum(squares, ops.zeros(())))
        scale = getattr(model.optimizer, name).scale_loss(ops.ones(()))
    return {f"{name}_gradient_norm": norm / scale}


@contextlib.contextmanager
def _encoder_held(model: keras.Model) -> Iterator[None]:
    """At the end the encoder has the weights of the beginning, while it is frozen.

    The optimizer takes its step as always, so that it knows the size of the encoder's gradients
    when the phase ends. With gradients of 0 until then, Adam's first steps would be 16 times as
    long as the learning rate says, for `beta_1=0.5` and `beta_2=0.999`.

    Args:
        model: a compiled `Pix2Pix`, inside of a step.
    """
    if not model.frozen_encoder_steps:
        yield
        return
    variables = model.generator.encoder.trainable_variables
    with backend.no_gradients():
        frozen = model.optimizer.iterations < model.frozen_encoder_steps
        before = [ops.copy(variable.value) for variable in variables]
    yield
    with backend.no_gradients():
        for variable, value in zip(variables, before):
            variable.assign(ops.where(frozen, value, variable.value))


def _unpacked(data: Any) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return condition, target and weights of a batch, as float32 tensors of four axes."""
    condition, target, weights = keras.utils.unpack_x_y_sample_weight(data)
    if weights is not None:
        weights = ops.cast(weights, "float32")
        while len(weights.shape) < 4:
            # Of (batch, height, width) the channels are missing, of (batch,) all but the pictures.
            weights = ops.expand_dims(weights, axis=-1)
    return ops.cast(condition, "float32"), ops.cast(target, "float32"), weights


def _with_holes(generated: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """Return generated pictures, with the target where a map of weights is 0.

    So the discriminator cannot tell real and generated pictures by what no one knows.
    """
    if weights is None or tuple(weights.shape[1:3]) == (1, 1):
        return generated
    return ops.where(weights > 0, generated, target)


def _logs(
    model: keras.Model, values: dict[str, Any], condition: Tensor, target: Tensor, generated: Tensor
) -> dict[str, Any]:
    """Put the values of a batch into the running means, and return these."""
    condition, target, generated = backend.of_this_replica(condition, target, generated)
    model.largest_value.update_state(condition, target)
    count = ops.cast(ops.shape(target)[0], "float32")
    for tracker in model.loss_trackers:
        if tracker.name in values:
            value, share = values[tracker.name], 1.0
            if isinstance(value, tuple | list):
                value, share = value
            # One of several devices may have no picture of a batch, and no number then.
            value = backend.of_pictures(value, count)
            tracker.update_state(value, sample_weight=share * count)
    return model.compute_metrics(None, target, generated)
