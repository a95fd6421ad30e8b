"""The GAN objectives: what the discriminator and the generator minimize, logit by logit."""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.term import Term
from keras_pix2pix.types import Tensor


class Objective(NamedTuple):
    """Three functions from logits to losses, and the weight of the gradient penalty.

    The discriminator minimizes the mean of `real` over the logits of real pairs plus that of
    `fake` over the logits of generated ones, plus the penalty; the generator minimizes the mean of
    `generator` over the logits of generated pairs.

    A relativistic objective takes the logits of a pair relative to each other: that of the target
    minus that of the generated picture where others take that of the target, and the negative of it
    where others take that of the generated picture.
    """

    real: Callable[[Tensor], Tensor]
    fake: Callable[[Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]
    # The logit between real and fake, where it is not 0, from the logits of both.
    boundary: Callable[[Tensor, Tensor], Tensor | float] = lambda real, fake: 0.0
    gradient_penalty: float = 0.0
    relativistic: bool = False

    def logits(self, batch: Batch) -> tuple[list[Tensor], list[Tensor]]:
        """Return the logits of real and of generated pairs, as the functions take them.

        Returns:
            Two lists of tensors of shape `(batch, rows, columns, 1)`, one for each scale.
        """
        # In this order batch norm counts them, as the reference does.
        fake, real = batch.logits(batch.generated), batch.logits(batch.target)
        if not self.relativistic:
            return real, fake
        differences = [one - other for one, other in zip(real, fake)]
        return differences, [-difference for difference in differences]


OBJECTIVES = {
    # Binary cross-entropy of sigmoid(logit), the paper's. Goodfellow et al. 2014, arXiv 1406.2661.
    "vanilla": Objective(
        real=lambda logits: ops.softplus(-logits),
        fake=ops.softplus,
        generator=lambda logits: ops.softplus(-logits),
    ),
    # Least squares. Mao et al. 2017, arXiv 1611.04076.
    "lsgan": Objective(
        real=lambda logits: ops.square(logits - 1.0),
        fake=ops.square,
        generator=lambda logits: ops.square(logits - 1.0),
        boundary=lambda real, fake: 0.5,
    ),
    # Lim and Ye 2017, arXiv 1705.02894.
    "hinge": Objective(
        real=lambda logits: ops.relu(1.0 - logits),
        fake=lambda logits: ops.relu(1.0 + logits),
        generator=ops.negative,
    ),
    # Wasserstein distance with gradient penalty. Gulrajani et al. 2017, arXiv 1704.00028.
    "wgan_gp": Objective(
        real=ops.negative,
        fake=lambda logits: logits,
        generator=ops.negative,
        boundary=lambda real, fake: 0.5 * (ops.mean(real) + ops.mean(fake)),
        gradient_penalty=10.0,
    ),
    # The vanilla objective of relative logits. Jolicoeur-Martineau 2018, arXiv 1807.00734; R3GAN,
    # Huang et al. 2024, arXiv 2501.05441, equation 2. Half of the sum for real and generated pairs,
    # which the discriminator minimizes, is softplus(generated - real).
    "relativistic": Objective(
        real=lambda logits: ops.softplus(-logits),
        fake=ops.softplus,
        generator=lambda logits: ops.softplus(-logits),
        relativistic=True,
    ),
}


def get(name: str | None) -> Objective | None:
    """Return the objective of that name.

    Args:
        name: `"vanilla"`, `"lsgan"`, `"hinge"`, `"wgan_gp"`, `"relativistic"`, or `None` for no
            adversary.

    Raises:
        ValueError: for any other name.
    """
    if name is None:
        return None
    if not isinstance(name, str) or name not in OBJECTIVES:
        raise ValueError(
            f"adversarial_loss must be one of {', '.join(map(repr, OBJECTIVES))} or None. "
            f"Received: {name!r}"
        )
    return OBJECTIVES[name]


def mean_over_scales(function: Callable[..., Tensor], *scales: list[Tensor]) -> Tensor:
    """Return the mean of a function of logits, averaged over the scales of the discriminator.

    Args:
        function: function of one tensor for each list of `scales`.
        *scales: lists of logits, one tensor for each scale.
    """
    means = [ops.mean(function(*logits)) for logits in zip(*scales)]
    return sum(means) / len(means)


class Adversarial(Term):
    """How far the generator is from convincing the discriminator, reported as `generator_loss`.

    Args:
        objective: an `Objective`.
    """

    after_pretraining = True

    def __init__(self, objective: Objective) -> None:
        super().__init__(1.0, "generator_loss")
        self.objective = objective

    def __call__(self, batch: Batch) -> Tensor:
        """Return the generator's part of the objective, a scalar tensor."""
        objective = self.objective
        # Others need no pass of the target through the discriminator here.
        relativistic = objective.relativistic
        fake = objective.logits(batch)[1] if relativistic else batch.logits(batch.generated)
        return mean_over_scales(objective.generator, fake)
