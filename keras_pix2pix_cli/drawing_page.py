"""A page to draw into: conditions in the browser, and what the model makes of them."""

import os
import socket

import numpy as np
from PIL import Image

from keras_pix2pix.data.files.colors import count_colors
from keras_pix2pix.data.files.conversion import to_model_range
from keras_pix2pix.data.files.labels import Labels
from keras_pix2pix.exporting.web_page import drawn_format

# Pixels of the canvas, about: pixels of the model are drawn larger, in whole steps.
CANVAS = 512
# Without examples, the pixels of the model.
SIDE = 256
# Conditions of more colors are pictures, which are not drawn with a palette.
COLORS = 32
EXAMPLES = 10
# Pixels of the canvas; at least one of the model.
STROKE = 10
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


class Canvas:
    """What can be drawn for a model, and how a drawing becomes a condition.

    Args:
        model: a `Pix2Pix` whose condition is one image.
        data: a `PairDataset` whose conditions are examples, or `None`.

    Attributes:
        colors: array of shape `(count, 3)`, uint8, what is drawn with. The first is the background.
        snapped: bool, whether a condition has no colors but these.
        examples: list of uint8 arrays of shape `(height, width, 3)`, of the canvas' size.
        shape: tuple `(height, width)` of the canvas in pixels.
        scale: int, how many of its pixels, in each direction, are one of the model.

    Raises:
        ValueError: for conditions that are no single image of labels, grey or RGB.
    """

    def __init__(self, model, data=None):
        self.format = drawn_format(model)
        size = data.image_size if data is not None else (SIDE, SIDE)
        self.scale = max(1, CANVAS // max(size))
        self.shape = tuple(side * self.scale for side in size)
        shown = [] if data is None else _first(data)
        drawn = [self.format.as_rgb(condition) for condition in shown]
        if isinstance(self.format, Labels):
            self._take_labels()
        else:
            self._take_colors(drawn)
        self.examples = [d.repeat(self.scale, 0).repeat(self.scale, 1) for d in drawn]
        if drawn and isinstance(self.format, Labels):
            self._sort(drawn)

    def _take_labels(self):
        format = self.format
        one_hot = np.eye(format.classes, dtype="float32") * 2 - 1
        self._table, self.colors = format.decode(one_hot), format.as_rgb(one_hot)
        if format.ignore is not None:
            none = np.broadcast_to(format.ignore, self._table.shape[1:])
            self._table = np.concatenate([self._table, none[None].astype(self._table.dtype)])
            self.colors = np.concatenate([self.colors, [BLACK]]).astype("uint8")
        self.snapped = True

    def _take_colors(self, drawn):
        """The colors of the examples, the commonest first, if they are few."""
        nearest = self.format.nearest
        self.colors = np.array([BLACK, WHITE] if nearest else [WHITE, BLACK], "uint8")
        self.snapped = nearest
        if drawn:
            colors, counts = count_colors(np.stack(drawn))
            order = np.argsort(-counts)
            self.snapped = 2 <= len(colors) <= COLORS
            if self.snapped:
                self.colors = colors[order]
            elif tuple(colors[order[0]]) == BLACK:
                self.colors = self.colors[::-1]

    def _sort(self, drawn):
        """Labels by how common they are in the examples."""
        counts = [sum((d == color).all(axis=-1).sum() for d in drawn) for color in self.colors]
        order = np.argsort(-np.array(counts), kind="stable")
        self.colors, self._table = self.colors[order], self._table[order]

    def blank(self):
        """An empty canvas: uint8 array of shape `(height, width, 3)`."""
        return np.broadcast_to(self.colors[0], (*self.shape, 3)).copy()

    def condition(self, drawing):
        """What `translate` takes, of a drawing of shape `(height, width, 3 or 4)`, uint8."""
        if drawing.shape[:2] != self.shape:
            resampling = Image.Resampling.NEAREST if self.snapped else Image.Resampling.BICUBIC
            image = Image.fromarray(drawing).resize(self.shape[::-1], resampling)
            drawing = np.asarray(image)
        if drawing.shape[-1] == 4:
            opaque = drawing[..., 3:] / 255
            drawing = drawing[..., :3] * opaque + self.colors[0] * (1 - opaque)
        if not self.snapped:
            height, width = (side // self.scale for side in self.shape)
            blocks = drawing.reshape(height, self.scale, width, self.scale, 3)
            drawing = np.rint(blocks.mean(axis=(1, 3)))
            pixels = to_model_range(drawing.astype("uint8"))
            return self.format.decode(pixels[..., : self.format.channels])
        middle = self.scale // 2
        drawing = drawing[middle :: self.scale, middle :: self.scale]
        # The edges of strokes are mixed colors, which no condition has.
        colors = self.colors.astype("float32")
        distances = [((drawing - color) ** 2).sum(axis=-1) for color in colors]
        nearest = np.argmin(distances, axis=0)
        if isinstance(self.format, Labels):
            return self._table[nearest]
        pixels = to_model_range(self.colors[nearest])
        return self.format.decode(pixels[..., : self.format.channels])


def _first(data):
    """The first conditions, one by one."""
    found = []
    for index in range(len(data)):
        found += list(data[index][0])
        if len(found) >= EXAMPLES:
            break
    return found[:EXAMPLES]


def serve(model, data=None, host="127.0.0.1", port=7860):
    """Serve the page until the program is ended.

    It is asked for by this machine alone, unless `host` says otherwise, and asks nothing of any
    other.

    Args:
        model: a `Pix2Pix` whose condition is one image of labels, grey or RGB.
        data: a `PairDataset`, whose conditions are examples to begin with, and whose colors are
            those of the brush. Defaults to `None`.
        host: str, the address to listen on; `"0.0.0.0"` for other machines, too. Defaults to
            `"127.0.0.1"`.
        port: int. Defaults to `7860`.

    Raises:
        ImportError: saying what to install, where the extra `demo` is missing.
        OSError: if the port is taken.
        ValueError: for a model whose condition cannot be drawn.

    Example:

    ```python
    serve(keras.saving.load_model("training/best.keras"), val)
    ```
    """
    canvas = Canvas(model, data)
    _refuse_taken(host, port)
    # Before it is imported, which is when it looks.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        import gradio
    except ImportError as error:
        raise ImportError("The page needs gradio: pip install 'keras-pix2pix[demo]'") from error
    page = _page(gradio, model, canvas)
    # Fonts that are there: gradio's own theme asks Google for others.
    fonts = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
    page.launch(
        server_name=host,
        server_port=port,
        share=False,
        ssr_mode=False,
        footer_links=[],
        quiet=True,
        prevent_thread_lock=True,
        theme=gradio.themes.Default(**fonts),
        css=CSS.format(*canvas.shape),
    )
    print(f"Draw at http://{host}:{port} (Ctrl-C ends it)", flush=True)
    page.block_thread()


# The picture as large as the canvas.
CSS = """
#generated img {{ height: {0}px; width: {1}px; max-width: 100%; object-fit: contain }}
"""


def _refuse_taken(host, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise OSError(
                f"Port {port} of {host} cannot be listened on: {error.strerror}. Take another."
            ) from error


def _page(gradio, model, canvas):
    """The page, not served yet."""
    height, width = canvas.shape
    colors = ["#{:02x}{:02x}{:02x}".format(*color) for color in canvas.colors.tolist()]
    target = model.formats[1]
    width_of_strokes = max(STROKE, canvas.scale)

    def generate(drawing):
        drawn = drawing and drawing["composite"]
        drawn = canvas.blank() if drawn is None else drawn
        picture = model.translate(canvas.condition(drawn))
        return target.as_rgb(target.encode(target.prepared(picture, "picture"), "picture"))

    def example(chosen: gradio.SelectData):
        value = _value(canvas.examples[chosen.index])
        return value, generate(value)

    with gradio.Blocks(title="keras-pix2pix", analytics_enabled=False) as page:
        with gradio.Row():
            drawing = gradio.ImageEditor(
                _value(canvas.blank()),
                label="Draw",
                elem_id="drawing",
                brush=gradio.Brush(
                    default_size=width_of_strokes,
                    colors=colors,
                    default_color=colors[1],
                    color_mode="fixed" if canvas.snapped else "defaults",
                ),
                # Without an eraser, gradio's toolbar does not work.
                eraser=gradio.Eraser(default_size=width_of_strokes),
                sources=("upload", "clipboard"),
                transforms=(),
                layers=False,
                format="png",
                canvas_size=(width, height),
                fixed_canvas=True,
                # Room for the toolbars, so that the canvas is shown in full size.
                height=height + 120,
                buttons=["download"],
            )
            generated = gradio.Image(
                label="Generated",
                elem_id="generated",
                format="png",
                height=height + 120,
                interactive=False,
                buttons=["download"],
            )
        options = {"show_progress": "hidden", "api_visibility": "private"}
        # Not drawing.change, which says nothing of the first stroke.
        changes = [drawing.input, drawing.clear, page.load]
        gradio.on(changes, generate, drawing, generated, trigger_mode="always_last", **options)
        if canvas.examples:
            gallery = gradio.Gallery(
                canvas.examples,
                show_label=False,
                elem_id="examples",
                columns=EXAMPLES,
                rows=1,
                height=150,
                allow_preview=False,
                interactive=False,
                buttons=[],
            )
            gallery.select(example, None, [drawing, generated], **options)
    return page


def _value(image):
    return {"background": image, "layers": [], "composite": image}
