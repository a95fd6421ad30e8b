"""One training step on JAX."""

import jax
import keras

from keras_pix2pix.training.step import AdversarialObjective


class AdversarialTrainer(AdversarialObjective):
    """How `Pix2Pix` updates its two networks, and looks at them without an update.

    JAX differentiates functions of values, and Keras' JAX trainer hands over the values of all
    variables and wants the new ones back. Inside a `keras.StatelessScope` that holds them, the
    step reads and assigns variables as on any backend; the functions that are differentiated run in
    a scope of their own.
    """

    def train_step(self, state, data):
        groups = (
            self.trainable_variables,
            self.non_trainable_variables,
            self.optimizer.variables,
            self.metrics_variables,
        )
        with _scope(groups, state) as scope:
            logs = self.update_and_report(*self.pair(data))
        return logs, _values(scope, groups)

    def test_step(self, state, data):
        groups = (
            self.trainable_variables,
            self.non_trainable_variables,
            self.metrics_variables,
        )
        with _scope(groups, state) as scope:
            logs = self.inspect_and_report(*self.pair(data))
        return logs, _values(scope, groups)

    def _sequential(self, condition, target):
        fake, pull_back = self._generate(condition)
        losses = {}
        if self.objective is not None:

            def judge(values):
                scope = self._inner_scope(self.discriminator.trainable_variables, values)
                with scope:
                    losses, _ = self.discriminator_losses(condition, target, fake)
                    loss = self.optimizer.discriminator.scale_loss(losses["discriminator_loss"])
                return loss, (losses, self._changed(scope))

            gradients, (losses, changed) = jax.grad(judge, has_aux=True)(
                _current(self.discriminator.trainable_variables)
            )
            self._assign(changed)
            losses |= self._apply("discriminator", gradients)

        def look(fake):
            # What changes in this scope is dropped: the generator looks through the discriminator
            # without changing its statistics.
            with self._inner_scope():
                losses = self.generator_losses(condition, target, fake)
                return self.optimizer.generator.scale_loss(losses["loss"]), losses

        slope, own_losses = jax.grad(look, has_aux=True)(fake)
        return fake, losses | own_losses | self._apply("generator", pull_back(slope)[0])

    def _simultaneous(self, condition, target):
        fake, pull_back = self._generate(condition)

        def judge(values, fake):
            scope = self._inner_scope(self.discriminator.trainable_variables, values)
            with scope:
                losses, fake_logits = self.discriminator_losses(condition, target, fake)
                losses |= self.generator_losses(condition, target, fake, fake_logits)
                scaled = (
                    self.optimizer.discriminator.scale_loss(losses["discriminator_loss"]),
                    self.optimizer.generator.scale_loss(losses["loss"]),
                )
            return scaled, (losses, self._changed(scope))

        values = _current(self.discriminator.trainable_variables)
        (one, _), both_back, (losses, changed) = jax.vjp(judge, values, fake, has_aux=True)
        self._assign(changed)
        one, zero = one * 0 + 1, one * 0
        gradients, _ = both_back((one, zero))
        _, slope = both_back((zero, one))
        losses |= self._apply("discriminator", gradients)
        return fake, losses | self._apply("generator", pull_back(slope)[0])

    def _generate(self, condition):
        """The generated image, and the function from its gradient to the generator's."""

        def generate(values):
            scope = self._inner_scope(self.generator.trainable_variables, values)
            with scope:
                fake = self(condition, training=True)
            return fake, self._changed(scope)

        values = _current(self.generator.trainable_variables)
        fake, pull_back, changed = jax.vjp(generate, values, has_aux=True)
        self._assign(changed)
        return fake, pull_back

    def _apply(self, name, gradients):
        # `stateless_apply`, since a branch inside `apply` (loss scaling, accumulation) must not
        # assign.
        optimizer, network = getattr(self.optimizer, name), getattr(self, name)
        variables, slots = network.trainable_variables, optimizer.variables
        new_values, new_slots = optimizer.stateless_apply(
            _current(slots), gradients, _current(variables)
        )
        for variable, value in zip(variables + slots, new_values + new_slots):
            variable.assign(value)
        return self.gradient_norm(name, gradients, optimizer)

    def _inner_scope(self, variables=(), values=()):
        """A scope that starts from the current values, but for `variables` at `values`."""
        known = self.variables + self.optimizer.variables
        mapping = list(zip(known, _current(known))) + list(zip(variables, values))
        return keras.StatelessScope(mapping)

    def _changed(self, scope):
        return [scope.get_current_value(v) for v in self.non_trainable_variables]

    def _assign(self, changed):
        for variable, value in zip(self.non_trainable_variables, changed):
            variable.assign(value)

    @staticmethod
    def input_gradient(function, inputs):
        """The gradient of the sum of `function(inputs)` with respect to `inputs`."""
        return jax.grad(lambda inputs: function(inputs).sum())(inputs)


def _scope(groups, values):
    pairs = [pair for group in zip(groups, values) for pair in zip(*group)]
    return keras.StatelessScope(pairs)


def _values(scope, groups):
    return tuple([scope.get_current_value(v) for v in group] for group in groups)


def _current(variables):
    return [variable.value for variable in variables]
