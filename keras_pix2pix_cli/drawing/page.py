"""A local web page: draw a condition, and see the picture that a model generates from it."""

import os
import socket
from typing import Any

import numpy as np

from keras_pix2pix.data import PairDataset
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix_cli.drawing.canvas import MAX_EXAMPLES, Canvas

# Width of a stroke in pixels of the canvas, if a pixel of the model is not larger.
STROKE_WIDTH = 10
# Space below the canvas for gradio's toolbars, so that the canvas is not made smaller.
TOOLBARS_HEIGHT = 120
# The picture has the size of the canvas.
CSS = """
#generated img {{ height: {height}px; width: {width}px; max-width: 100%; object-fit: contain }}
"""


def serve(
    model: Pix2Pix, data: PairDataset | None = None, host: str = "127.0.0.1", port: int = 7860
) -> None:
    """Serve the page until the program ends.

    The page loads nothing from other servers. By default, only this machine can open it.

    Args:
        model: a `Pix2Pix` whose condition is one image of labels, grey or RGB.
        data: a `PairDataset`. Its conditions are offered as examples, and their colors are the
            colors of the brush. Defaults to `None`.
        host: str, the address to listen on. `"0.0.0.0"` lets other machines connect. Defaults to
            `"127.0.0.1"`.
        port: int. Defaults to `7860`.

    Raises:
        ImportError: if gradio is not installed. It comes with the extra `demo`.
        OSError: if the port cannot be used.
        ValueError: if the condition of the model cannot be drawn.

    Example:

    ```python
    serve(keras.saving.load_model("training/best.keras"), val)
    ```
    """
    canvas = Canvas(model, data)
    _check_port(host, port)
    # gradio reads these while it is imported.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        import gradio
    except ImportError as error:
        raise ImportError("The page needs gradio: pip install 'keras-pix2pix[demo]'") from error
    page = _page(model, canvas)
    height, width = canvas.shape
    page.launch(
        server_name=host,
        server_port=port,
        share=False,
        ssr_mode=False,
        footer_links=[],
        quiet=True,
        prevent_thread_lock=True,
        # The fonts of gradio's own theme would be loaded from another server.
        theme=gradio.themes.Default(
            font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        css=CSS.format(height=height, width=width),
    )
    print(f"Draw at http://{host}:{port} (Ctrl-C ends it)", flush=True)
    page.block_thread()


def _check_port(host: str, port: int) -> None:
    """Raise a clear error if the port is in use. gradio's own error does not name the reason."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise OSError(
                f"Cannot listen on port {port} of {host}: {error.strerror}. Use another port."
            ) from error


def _page(model: Pix2Pix, canvas: Canvas) -> Any:
    """Return the `gradio.Blocks` of the page, which is not served yet."""
    import gradio

    target = model.formats[1]

    def generated_from(drawn: np.ndarray) -> np.ndarray:
        picture = model.translate(canvas.condition(drawn))
        return target.as_rgb(target.encode(target.prepared(picture, "picture"), "picture"))

    def generate(drawing: dict[str, Any] | None) -> np.ndarray:
        drawn = drawing["composite"] if drawing else None
        return generated_from(canvas.blank() if drawn is None else drawn)

    def show_example(chosen: gradio.SelectData) -> tuple[np.ndarray, np.ndarray]:
        example = canvas.examples[chosen.index]
        return example, generated_from(example)

    with gradio.Blocks(title="keras-pix2pix", analytics_enabled=False) as page:
        with gradio.Row():
            drawing = _editor(canvas)
            generated = gradio.Image(
                label="Generated",
                elem_id="generated",
                format="png",
                height=canvas.shape[0] + TOOLBARS_HEIGHT,
                interactive=False,
                buttons=["download"],
            )
        options: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        # drawing.change does not report the first stroke.
        changes = [drawing.input, drawing.clear, page.load]
        gradio.on(changes, generate, drawing, generated, trigger_mode="always_last", **options)
        if canvas.examples:
            gallery = gradio.Gallery(
                canvas.examples,
                show_label=False,
                elem_id="examples",
                columns=MAX_EXAMPLES,
                rows=1,
                height=150,
                allow_preview=False,
                interactive=False,
                buttons=[],
            )
            gallery.select(show_example, None, [drawing, generated], **options)
    return page


def _editor(canvas: Canvas) -> Any:
    """Return the `gradio.ImageEditor` in which a condition is drawn."""
    import gradio

    height, width = canvas.shape
    stroke_width = max(STROKE_WIDTH, canvas.scale)
    colors: list[str | tuple[str, float]] = [
        "#{:02x}{:02x}{:02x}".format(*color) for color in canvas.colors.tolist()
    ]
    return gradio.ImageEditor(
        canvas.blank(),
        label="Draw",
        elem_id="drawing",
        brush=gradio.Brush(
            default_size=stroke_width,
            colors=colors,
            default_color=colors[1],
            color_mode="fixed" if canvas.snapped else "defaults",
        ),
        # Without an eraser, gradio's toolbar does not work.
        eraser=gradio.Eraser(default_size=stroke_width),
        sources=("upload", "clipboard"),
        transforms=(),
        layers=False,
        format="png",
        canvas_size=(width, height),
        fixed_canvas=True,
        height=height + TOOLBARS_HEIGHT,
        buttons=["download"],
    )
