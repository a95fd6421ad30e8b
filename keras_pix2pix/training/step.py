"""One step of `Pix2Pix` on every backend: what is minimized, in which order, and the logs."""

from typing import Any

import keras
from keras import ops

from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.objectives import mean_over_scales
from keras_pix2pix.losses.term import Term
from keras_pix2pix.training import backend
from keras_pix2pix.types import Tensor

# What `callbacks.GANHealth` looks at, logged while it is there.
HEALTH = (
    "real_accuracy",
    "fake_accuracy",
    "generator_gradient_norm",
    "discriminator_gradient_norm",
    "saturated",
    "contrast",
)


def train(model: keras.Model, data: Any) -> dict:
    """Update both networks once, in the order that `compile` was told.

    Args:
        model: a compiled `Pix2Pix`.
        data: tuple of a batch of conditions and of targets.

    Returns:
        The logs: dict of running means.
    """
    condition, target = _pair(data)

    def generator_step() -> tuple[Tensor, Any]:
        generated = model(condition, training=True)
        values, waiting = {}, None
        if model.objective is not None:
            batch = look(model, condition, target, ops.stop_gradient(generated))
            gradients, values = backend.gradients(
                model, "discriminator", lambda: discriminator_losses(model, batch)
            )
            if model.simultaneous:
                waiting = gradients
            else:
                values |= _apply(model, "discriminator", gradients)
        # The generator looks through the discriminator without changing its statistics.
        with backend.unchanged(model):
            loss, own = generator_losses(model, look(model, condition, target, generated))
        return loss, (generated, values | own, waiting)

    gradients, rest = backend.gradients(model, "generator", generator_step)
    generated, values, waiting = rest
    if waiting is not None:
        values |= _apply(model, "discriminator", waiting)
    values |= _apply(model, "generator", gradients)
    if model.optimizer.generator_averages is not None:
        model.optimizer.generator_averages.update()
    if model.watched:
        values |= _health_of_pictures(target, generated)
    return _logs(model, values, target, generated)


def test(model: keras.Model, data: Any) -> dict:
    """Judge a batch without an update.

    Args:
        model: a compiled `Pix2Pix`.
        data: tuple of a batch of conditions and of targets.

    Returns:
        The logs: dict of running means.
    """
    condition, target = _pair(data)
    generated = model(condition, training=model.stochastic)
    with backend.unchanged(model):
        batch = look(model, condition, target, generated, training=False)
        values: dict[str, Any] = {}
        if model.objective is not None:
            _, values = discriminator_losses(model, batch)
        values |= generator_losses(model, batch)[1]
    for metric in model.set_metrics:
        metric.update_state(condition, target, generated)
    return _logs(model, values, target, generated)


def look(
    model: keras.Model,
    condition: Tensor,
    target: Tensor,
    generated: Tensor,
    training: bool = True,
) -> Batch:
    """Return a batch as loss terms see it, through the discriminator of a model."""

    def judge(image: Tensor) -> list[Tensor]:
        return keras.tree.flatten(model.discriminator(pair(image), training=training))

    def judge_inside(image: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        return model.discriminator_inside(pair(image), training=training)

    def pair(image: Tensor) -> Any:
        return [condition, image] if len(model.discriminator.inputs) == 2 else image

    images = condition, target, generated
    how = judge, judge_inside, backend.image_gradient
    return Batch(*images, *how, model.penalty_seed, training)


def discriminator_losses(model: keras.Model, batch: Batch) -> tuple[Tensor, dict[str, Any]]:
    """Return what the discriminator minimizes, and what is logged of it.

    All of it is halved, as in the paper, section 3.3.
    """
    objective = model.objective
    # In this order batch norm counts them, as the reference does.
    fake, real = batch.logits(batch.generated), batch.logits(batch.target)
    loss = mean_over_scales(objective.real, real) + mean_over_scales(objective.fake, fake)
    added, values = _sum_of_terms(model, model.discriminator_terms, batch)
    loss = 0.5 * (loss + added)
    values["discriminator_loss"] = loss
    if model.watched:
        boundaries = [objective.boundary(*logits) for logits in zip(real, fake)]
        values["real_accuracy"] = mean_over_scales(_share_above, real, boundaries)
        values["fake_accuracy"] = mean_over_scales(_share_below, fake, boundaries)
    return loss, values


def generator_losses(model: keras.Model, batch: Batch) -> tuple[Tensor, dict[str, Any]]:
    """Return what the generator minimizes, and what is logged of it."""
    loss, values = _sum_of_terms(model, model.generator_terms, batch)
    return loss, {"loss": loss, **values}


def _sum_of_terms(
    model: keras.Model, terms: list[Term], batch: Batch
) -> tuple[Tensor, dict[str, Any]]:
    """Return the weighted sum of terms, and each of them without its weight.

    A term that is not computed in every step comes as a tuple with a 1 or a 0: whether it was.
    """
    total, values = 0.0, {}
    for term in terms:
        if term.every == 1 or not batch.training:
            value = values[term.name] = _scalar(term, batch)
            total += term.weight * value
        else:
            value, due = _now_and_then(model, term, batch)
            values[term.name] = value, due
            total += term.weight * term.every * value
    return total, values


def _scalar(term: Term, batch: Batch) -> Tensor:
    value = term(batch)
    if not hasattr(value, "shape") or len(value.shape):
        raise ValueError(
            f"The term {term.name} must return a scalar tensor, such as the mean of its values. "
            f"Received: {f'shape {tuple(value.shape)}' if hasattr(value, 'shape') else repr(value)}"
        )
    return value


def _now_and_then(model: keras.Model, term: Term, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return a term in every so many steps, else 0, and whether it was computed."""

    def compute() -> Tensor:
        # What a branch computes or changes must not be used outside of it.
        with backend.unchanged(model):
            return ops.cast(_scalar(term, batch.afresh()), "float32")

    due = ops.equal(ops.mod(model.optimizer.iterations, term.every), 0)
    value = ops.cond(due, compute, lambda: ops.zeros((), "float32"))
    return value, ops.cast(due, "float32")


def _apply(model: keras.Model, name: str, gradients: list[Tensor]) -> dict[str, Tensor]:
    """Update a network; return the norm of all its gradients where the model is watched."""
    backend.apply(model, name, gradients)
    if not model.watched:
        return {}
    with backend.no_gradients():
        norm = ops.sqrt(sum(ops.sum(ops.square(g)) for g in gradients if g is not None))
        scale = getattr(model.optimizer, name).scale_loss(ops.ones(()))
    return {f"{name}_gradient_norm": norm / scale}


def _pair(data: Any) -> tuple[Tensor, Tensor]:
    """Return condition and target of a batch, as float32 tensors."""
    condition, target, _ = keras.utils.unpack_x_y_sample_weight(data)
    return ops.cast(condition, "float32"), ops.cast(target, "float32")


def _logs(
    model: keras.Model, values: dict[str, Any], target: Tensor, generated: Tensor
) -> dict[str, Any]:
    """Put the values of a batch into the running means, and return these."""
    count = ops.cast(ops.shape(target)[0], "float32")
    for tracker in model.loss_trackers:
        if tracker.name in values:
            value, share = values[tracker.name], 1.0
            if isinstance(value, tuple):
                value, share = value
            tracker.update_state(value, sample_weight=share * count)
    return model.compute_metrics(None, target, generated)


def _health_of_pictures(target: Tensor, generated: Tensor) -> dict[str, Tensor]:
    limits = [ops.abs(images) > 0.99 for images in (generated, target)]
    saturated = ops.logical_and(limits[0], ops.logical_not(limits[1]))
    return {
        "saturated": ops.mean(ops.cast(saturated, "float32")),
        "contrast": _contrast(generated) / (_contrast(target) + keras.config.epsilon()),
    }


def _contrast(images: Tensor) -> Tensor:
    """Return the standard deviation of the values of an image, averaged over the batch."""
    return ops.mean(ops.std(images, axis=(1, 2, 3)))


def _share_above(logits: Tensor, boundary: Tensor) -> Tensor:
    return ops.cast(logits > boundary, "float32")


def _share_below(logits: Tensor, boundary: Tensor) -> Tensor:
    return ops.cast(logits < boundary, "float32")
