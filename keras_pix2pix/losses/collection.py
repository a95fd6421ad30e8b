"""All terms of both networks, those of the paper included."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_pix2pix.losses.gradient_penalties import GradientPenalty
from keras_pix2pix.losses.objectives import Adversarial, Objective
from keras_pix2pix.losses.term import PairTerm, Term


class Terms:
    """The terms that each network minimizes.

    Args:
        objective: `Objective`, or `None` to train without a discriminator.
        reconstruction: `PairTerm`, the distance from the target.
        generator_terms: list of terms and functions that were given beside these.
        discriminator_terms: list of terms.
        reported: names that are reported already.

    Attributes:
        given: the two lists as they were given, with a `PairTerm` for every function.
        generator: list of all terms of the generator. The adversarial one comes last, since feature
            matching computes its logits, too.
        discriminator: list of all terms of the discriminator.

    Raises:
        ValueError: for what is no term, teaches the other network, or has the name of another one,
            and if there is nothing to learn from.
    """

    def __init__(
        self,
        objective: Objective | None,
        reconstruction: PairTerm,
        generator_terms: Any,
        discriminator_terms: Any,
        reported: set[str],
    ) -> None:
        own = as_terms(generator_terms, "generator")
        other = as_terms(discriminator_terms, "discriminator")
        self.given = own, other
        if objective is None and other:
            raise ValueError(
                "discriminator_terms need a discriminator that is trained. Received: "
                f"adversarial_loss=None and the terms {[term.name for term in other]}"
            )
        self.generator = [reconstruction, *own]
        self.discriminator = list(other)
        if objective is not None:
            self.generator.append(Adversarial(objective))
            if objective.gradient_penalty:
                self.discriminator.insert(0, GradientPenalty(objective.gradient_penalty))
        if not any(term.weight for term in self.generator):
            raise ValueError(
                "There is nothing for the generator to learn from: give it an adversarial_loss, a "
                "reconstruction_weight above 0, or generator_terms."
            )
        check_names([*own, *self.discriminator], reported)

    @property
    def all(self) -> Sequence[Term]:
        """The terms of the generator, then those of the discriminator."""
        return [*self.generator, *self.discriminator]

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        """Refuse networks that a term cannot work with, and load what the terms need.

        Raises:
            ValueError: saying which networks a term needs.
            ImportError: saying what to install.
        """
        for term in self.all:
            term.check(generator, discriminator)


def as_terms(terms: Any, network: str) -> list[Term]:
    """Return a list of terms, with a `PairTerm` of weight 1 for every function.

    Args:
        terms: list of terms and functions.
        network: `"generator"` or `"discriminator"`, which shall be trained by them.

    Raises:
        ValueError: for what is no term, or teaches the other network.
    """
    if not isinstance(terms, list | tuple):
        raise ValueError(f"{network}_terms must be a list of terms. Received: {terms!r}")
    result = []
    for term in terms:
        if isinstance(term, type) or not (callable(term) or isinstance(term, str)):
            raise ValueError(
                "A term must be a keras_pix2pix.losses.Term, the name of a Keras loss, or a "
                f"function of target and generated picture. Received: {term!r}"
            )
        term = term if isinstance(term, Term) else PairTerm(term)
        if term.trains not in (None, network):
            raise ValueError(
                f"{term.name} can teach the {term.trains} only. Give it in {term.trains}_terms. "
                f"Received: {network}_terms with {term.name}"
            )
        result.append(term)
    return result


def check_names(terms: list[Term], taken: set[str]) -> None:
    """Refuse terms whose names are not their own.

    Args:
        terms: list of terms.
        taken: names that are reported already.

    Raises:
        ValueError: naming the name.
    """
    for term in terms:
        if term.name in taken:
            raise ValueError(
                "Every term needs a name of its own, under which it is reported, and which no "
                f"metric has. Received: {term.name!r} twice, also as that of {term!r}. Give one of "
                "them another name=..."
            )
        taken = taken | {term.name}
