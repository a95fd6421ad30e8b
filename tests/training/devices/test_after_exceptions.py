"""After an exception or Ctrl-C in a loop of Keras' trainer, the model still has its weights."""

import os
import signal

import keras
import numpy as np
import pytest
from checks import Batches

from keras_pix2pix.training import backend

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="Keras takes no values away on other backends"
)


class Fails(Batches):
    """Batches of which one cannot be read."""

    def __init__(self, *batches, at):
        super().__init__(*batches)
        self.at = at
        self.reads = 0

    def __getitem__(self, index):
        self.reads += 1
        # The first read is the check of the data.
        if self.reads > 1 and index == self.at:
            raise KeyError("cannot be read")
        return super().__getitem__(index)


class Interrupts(Fails):
    """Batches during one of which Ctrl-C is pressed."""

    def __getitem__(self, index):
        try:
            return super().__getitem__(index)
        except KeyError:
            os.kill(os.getpid(), signal.SIGINT)
            return self.batches[index]


class Raises(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        raise KeyError("after a step")

    on_test_batch_end = on_predict_batch_end = on_train_batch_end


def run(model, method, batches, callbacks=()):
    options = {"epochs": 1, "shuffle": False} if method == "fit" else {}
    getattr(model, method)(batches, verbose=0, callbacks=list(callbacks), **options)


def state(model):
    return [keras.ops.convert_to_numpy(v) for v in model.weights + model.optimizer.variables]


@pytest.fixture(scope="module")
def trained(tiny, pairs):
    """A model that has taken a step."""
    model = tiny(dropout=0.0)
    model.compile(ema=0.9)
    model.fit(*pairs, batch_size=4, verbose=0)
    return model


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
@pytest.mark.parametrize("at", [0, 1])
def test_a_batch_that_cannot_be_read(trained, pairs, method, at):
    batch = pairs[0][:4], pairs[1][:4]
    before = state(trained)
    with pytest.raises(KeyError, match="cannot be read"):
        run(trained, method, Fails(batch, batch, at=at))
    after = state(trained)
    assert all(np.isfinite(values).all() for values in after)
    same = [np.array_equal(one, other) for one, other in zip(before, after, strict=True)]
    assert all(same) or (method, at) == ("fit", 1)
    run(trained, "predict", batch[0])


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_a_callback_that_raises(trained, pairs, method, tmp_path):
    batch = pairs[0][:4], pairs[1][:4]
    with pytest.raises(KeyError, match="after a step"):
        run(trained, method, Batches(batch, batch), [Raises()])
    trained.save(tmp_path / "model.keras")


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
@pytest.mark.parametrize("at", [0, 1])
def test_ctrl_c_in_a_step(trained, pairs, method, at):
    batch = pairs[0][:4], pairs[1][:4]
    with pytest.raises(KeyboardInterrupt):
        run(trained, method, Interrupts(batch, batch, at=at))
    assert all(np.isfinite(values).all() for values in state(trained))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_waits_for_the_end_of_a_step_and_keeps_it(trained, pairs):
    batch = pairs[0][:4], pairs[1][:4]
    steps = int(trained.optimizer.iterations)
    with pytest.raises(KeyboardInterrupt):
        run(trained, "fit", Interrupts(batch, batch, batch, at=1))
    assert int(trained.optimizer.iterations) == steps + 2


def test_ctrl_c_is_held_back():
    with pytest.raises(KeyboardInterrupt):
        with backend.interrupts_after() as interrupt:
            os.kill(os.getpid(), signal.SIGINT)
            reached = True
        assert reached
        interrupt()
        pytest.fail("Ctrl-C was lost")
