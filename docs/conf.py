"""How the site is built: `make docs`, offline, with every warning an error."""

import re
import sys
from pathlib import Path

from sphinx.errors import SphinxError

ROOT = Path(__file__).resolve().parents[1]
# Of this checkout, whatever is installed.
sys.path.insert(0, str(ROOT))

import keras_pix2pix  # noqa: E402

project = "keras-pix2pix"
author = "the authors of keras-pix2pix"
copyright = "the authors of keras-pix2pix, Apache-2.0"
release = keras_pix2pix.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "myst_nb",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "gallery", "auto_gallery/*.ipynb", "**/.ipynb_checkpoints"]
nitpicky = True
# What the docstrings name and another project documents: no inventory is fetched.
nitpick_ignore_regex = [(r"py:.*", r"(keras|PIL|numpy|tensorflow)\..*"), (r"py:exc", r"[A-Z]\w+")]

html_theme = "furo"
html_title = f"keras-pix2pix {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
copybutton_prompt_text = r">>> |\$ "
copybutton_prompt_is_regexp = True

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# The notebook is run anew wherever it or the packages changed.
nb_execution_mode = "cache"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True

autodoc_member_order = "bysource"
# Keras documents what it brings along.
autodoc_inherit_docstrings = False
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Call arguments", "params_style"), "References"]

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"plot_",
    "within_subsection_order": "ExampleTitleSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "min_reported_time": 20,
    "plot_gallery": True,
}

# A page must be readable without a network: nothing but links may point outside.
OUTSIDE = re.compile(
    r"""<(?:script|img|link|iframe|source|video)\b[^>]*?\b(?:src|href)=["'](?:https?:)?//[^"']*""",
    re.IGNORECASE,
)


def to_rst(app, what, name, obj, options, lines):
    """The Markdown that docstrings are written in, as the reStructuredText that Sphinx reads."""
    fenced, result = False, []
    for line in lines:
        if line.strip().startswith("```"):
            indent = line[: line.index("`")]
            result += [] if fenced else [f"{indent}.. code-block:: {line.strip()[3:]}", ""]
            fenced = not fenced
        elif fenced:
            result.append(f"   {line}")
        else:
            line = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", line)
            result.append(re.sub(r"\[([^]]+)\]\((https?:[^)]+)\)", r"`\1 <\2>`__", line))
    lines[:] = result


def refuse_outside_requests(app, error):
    """Fail a build whose pages would load anything from elsewhere."""
    if error or app.builder.format != "html":
        return
    found = [
        f"{path.name}: {match.group()}"
        for path in sorted(Path(app.outdir).rglob("*.html"))
        for match in OUTSIDE.finditer(path.read_text(encoding="utf-8"))
    ]
    if found:
        raise SphinxError("Pages load from outside:\n" + "\n".join(found))


def setup(app):
    # Before napoleon (500) reads the sections.
    app.connect("autodoc-process-docstring", to_rst, priority=400)
    app.connect("build-finished", refuse_outside_requests)
