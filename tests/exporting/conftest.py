"""What runs an exported file."""

import pytest


@pytest.fixture(scope="session")
def run_file():
    """A function that returns what the runtime of a file computes."""
    return run


def run(path, images):
    """What the runtime of a file returns for a dict of images by the name of the input."""
    if path.suffix == ".onnx":
        import onnxruntime

        return onnxruntime.InferenceSession(path).run(["picture"], images)[0]
    if path.suffix == ".tflite":
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter(str(path)).get_signature_runner()(**images)["picture"]
    if path.suffix == ".xml":
        import openvino

        exact = {"INFERENCE_PRECISION_HINT": "f32"}
        compiled = openvino.Core().compile_model(path, "CPU", exact)
        assert len(compiled.outputs) == 1
        return compiled(images)["picture"]
    import tensorflow as tf

    return tf.saved_model.load(path).signatures["serving_default"](**images)["picture"].numpy()
