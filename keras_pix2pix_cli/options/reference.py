"""A page with all options of all commands, in Markdown, made from the parser."""

import argparse
import re
from collections.abc import Iterable

from keras_pix2pix_cli.options.arguments import parser
from keras_pix2pix_cli.options.names import CommandParser

INTRODUCTION = """# All options

What `keras-pix2pix COMMAND --help` says, on one page. [](command_line.md) shows how the commands
work together.
"""


def page() -> str:
    """Return the page: a section for each command, with its arguments and examples."""
    program = parser()
    (commands,) = (
        action for action in program._actions if isinstance(action, argparse._SubParsersAction)
    )
    general = [action for action in program._actions if action is not commands]
    sections = [INTRODUCTION, "## Without a command", "", *map(_entry, _shown(general)), ""]
    for name, command in commands.choices.items():
        sections += _section(name, command)
    return "\n".join(sections) + "\n"


def _section(name: str, command: CommandParser) -> list[str]:
    """Return the lines of a section about a command."""
    lines = [f"## {name}", "", f"    {command.usage_line()}", ""]
    lines += [_escaped(command.description or ""), ""]
    for group in command._action_groups:
        entries = [_entry(action) for action in _shown(group._group_actions)]
        title = {"positional arguments": "Arguments", "options": "Options"}.get(str(group.title))
        if entries:
            lines += [f"**{title or _escaped(str(group.title).capitalize())}**", "", *entries, ""]
    examples = (command.epilog or "").partition("\n")[2]
    return [*lines, "Example:", "", *(f"    {line.strip()}" for line in examples.splitlines()), ""]


def _shown(actions: Iterable[argparse.Action]) -> list[argparse.Action]:
    return [action for action in actions if not isinstance(action, argparse._HelpAction)]


def _entry(action: argparse.Action) -> str:
    """Return the line of an argument: its name, its values, what it does, and its default."""
    name = action.option_strings[-1] if action.option_strings else str(action.metavar)
    values = " | ".join(map(str, action.choices)) if action.choices else action.metavar
    if action.option_strings and values:
        name += f" {values}"
    text = _escaped(action.help or "").replace("%(prog)s", "keras-pix2pix")
    default = action.default
    told = default is None or default is False or default == argparse.SUPPRESS
    return f"- `{name}`: {text}" + ("" if told else f" (default: `{default}`)")


def _escaped(text: str) -> str:
    """Return a text for Markdown, in which names of options are code: it makes one dash of two."""
    text = text.replace("*", "\\*").replace("<", "\\<")
    return re.sub(r"--[a-z][a-z-]*", r"`\g<0>`", text)
