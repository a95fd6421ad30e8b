"""Plant faults in one file of the package, one at a time, and print those that no test notices.

    make mutate FILE=keras_pix2pix/training/schedules.py

A mutant is the file with one small change. Keras and the backend are imported once; each mutant
runs its tests in a fork of that process, on a copy of the tree.
"""

import argparse
import ast
import contextlib
import difflib
import gc
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("keras_pix2pix", "keras_pix2pix_cli", "tests", "examples", "pyproject.toml", "README.md")
# What takes the place of each operator.
OTHER: dict[type, type] = {ast.Lt: ast.LtE, ast.Gt: ast.GtE, ast.Eq: ast.NotEq, ast.Is: ast.IsNot}
OTHER |= {ast.In: ast.NotIn, ast.Add: ast.Sub, ast.Mult: ast.Div, ast.And: ast.Or}
OTHER |= {ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift}
OTHER |= {new: old for old, new in OTHER.items()}
OTHER |= {ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.MatMult: ast.Mult}
OTHER |= {ast.BitXor: ast.BitAnd}
# Calls and keyword arguments whose strings a reader sees, and no code.
TALK = ("warn", "print", "Error", "Warning")
TALK_KEYWORDS = ("help", "description", "epilog", "metavar")


def changes(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST | str]]:
    """Yield a node, or a part of it, with what takes its place in a mutant."""
    match node:
        case ast.Compare(left, signs, right):
            for i, sign in enumerate(signs):
                new = [*signs[:i], OTHER[type(sign)](), *signs[i + 1 :]]
                yield node, ast.Compare(left, new, right)
        case ast.BinOp(left, sign, right):
            yield node, ast.BinOp(left, OTHER[type(sign)](), right)
        case ast.BoolOp(sign, values):
            yield node, ast.BoolOp(OTHER[type(sign)](), values)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield node, operand
        case ast.Constant(bool(value)):
            yield node, ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield node, ast.Constant(value + 1)
        case ast.Constant(str(value)) if value:
            yield node, ast.Constant(f"XX{value}")
        case ast.Constant(bytes(value)) if value:
            yield node, ast.Constant(b"XX" + value)
        case ast.JoinedStr(values):
            yield node, ast.JoinedStr([ast.Constant("XX"), *values])
        case ast.If(test) | ast.While(test) | ast.IfExp(test) | ast.Assert(test):
            yield test, ast.UnaryOp(ast.Not(), test)
        case ast.comprehension(ifs=tests):
            yield from ((test, ast.UnaryOp(ast.Not(), test)) for test in tests)
        case ast.Return(ast.expr() as value) if ast.unparse(value) != "None":
            yield value, ast.Constant(None)
        case ast.Expr(ast.Call()) | ast.AugAssign() | ast.Raise() | ast.Delete():
            yield node, "pass"
        case ast.Assign([ast.Attribute() | ast.Subscript()]) | ast.Break() | ast.Continue():
            yield node, "pass"
        case ast.Call(args=[first, *_]) if not isinstance(first, ast.Starred):
            yield node, first
        case ast.keyword(str()):
            yield node, "**{}"


def parts(node: ast.AST) -> list[ast.AST]:
    """Return the parts that decide how a node behaves: no docstring, message, type or import."""
    match node:
        # Python 3.11 does not know where inside a string its parts are.
        case ast.Import() | ast.ImportFrom() | ast.Raise() | ast.JoinedStr():
            return []
        case ast.Assign([ast.Name("__all__" | "__version__" | "TYPE_CHECKING")]):
            return []
        case ast.Expr(ast.Constant()) | ast.AnnAssign(annotation=ast.Name("TypeAlias")):
            return []
        case ast.If(ast.Name("TYPE_CHECKING")) | ast.Call(ast.Name("cast" | "TypeVar")):
            return []
        case ast.Call(ast.Name(name) | ast.Attribute(attr=name)) if name.endswith(TALK):
            return []
        case ast.Expr(ast.Call() as call):
            # Without the call itself: its first argument alone would do the same as nothing.
            return parts(call)
    fields = ast.iter_fields(node)
    values = [value for name, value in fields if name not in ("annotation", "returns")]
    flat = [part for value in values for part in (value if isinstance(value, list) else [value])]
    return [part for part in flat if isinstance(part, ast.AST)]


def mutants(source: str) -> list[tuple[int, str]]:
    """Return the line of each mutant of a source, and the source with the mutant."""
    whole = source.encode()
    lines = whole.splitlines(keepends=True)
    begins = [sum(map(len, lines[:i])) for i in range(len(lines) + 1)]
    found: dict[tuple[int, str], None] = {}
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        if not (isinstance(node, ast.keyword) and node.arg in TALK_KEYWORDS):
            nodes += parts(node)
            for old, new in changes(node):
                # `lineno` and the others are there: modules and comprehensions are never replaced.
                start = begins[old.lineno - 1] + old.col_offset  # type: ignore[attr-defined]
                end = begins[old.end_lineno - 1] + old.end_col_offset  # type: ignore[attr-defined]
                text = new if isinstance(new, str) else f"({ast.unparse(new)})"
                mutant = (whole[:start] + text.encode() + whole[end:]).decode()
                with warnings.catch_warnings(action="ignore"), contextlib.suppress(SyntaxError):
                    compile(mutant, "mutant", "exec")
                    found[old.lineno, mutant] = None  # type: ignore[attr-defined]
    return sorted(found, key=lambda mutant: mutant[0])


def mirroring(file: Path) -> str:
    """Return the tests that mirror a file of the package."""
    package, *rooms, name = file.parts
    tests = Path("tests", *["cli"] * (package == "keras_pix2pix_cli"), *rooms, f"test_{name}")
    if not (ROOT / tests).is_file():
        raise SystemExit(f"There is no {tests}: name the tests, as in TESTS=tests/test_fit.py")
    return str(tests)


def passes(tests: list[str], tree: Path, seconds: float, modules: Path | None = None) -> bool:
    """Return whether the tests pass within some seconds, in a fork of this process.

    Args:
        tests: list of str, files, folders or single tests.
        tree: Path, the copy of the tree. What pytest prints is written beside it.
        seconds: float.
        modules: Path, optional. The names of the modules that the tests imported are written there.
    """
    child = os.fork()
    if child == 0:
        os.setsid()
        log = os.open(tree.parent / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        status = 1
        with contextlib.suppress(BaseException):
            import pytest

            # What this process imported before the fork is no fault of a test.
            quiet = ["-xq", "-W", "ignore::pytest.PytestAssertRewriteWarning", "-pno:cacheprovider"]
            status = int(pytest.main([*quiet, f"--basetemp={tree.parent / 'pytest'}", *tests]))
            if modules is not None:
                files = (
                    (name, getattr(sys.modules[name], "__file__", None)) for name in sys.modules
                )
                names = [name for name, file in files if file and not file.startswith(str(tree))]
                modules.write_text("\n".join(names))
        os._exit(status)
    deadline = time.monotonic() + seconds
    done = status = 0
    while not done and time.monotonic() < deadline:
        time.sleep(0.01)
        done, status = os.waitpid(child, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not done:
        os.waitpid(child, 0)
    return bool(done) and status == 0


def survivors(file: Path, tests: list[str], tree: Path) -> tuple[int, int]:
    """Return how many mutants a file has and how many survive; print those that do."""
    modules = tree.parent / "modules"
    if not passes(tests, tree, 1800, modules):
        print((tree.parent / "log").read_text(errors="replace"))
        raise SystemExit("The tests fail without a mutant, too.")
    for name in modules.read_text().splitlines():
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    # pytest collects garbage at its end; none of it is in what was imported here.
    gc.freeze()
    # Compiled files are found by a time in whole seconds: a mutant must neither leave nor find one.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    shutil.rmtree((tree / file).parent / "__pycache__", ignore_errors=True)
    began = time.monotonic()
    passes(tests, tree, 1800)
    clean = time.monotonic() - began

    source = (tree / file).read_text()
    planted = mutants(source)
    print(f"{file}: {len(planted)} mutants, {clean:.1f} s for {' '.join(tests)}", flush=True)
    survived = 0
    for line, mutant in planted:
        (tree / file).write_text(mutant)
        if passes(tests, tree, 10 + 4 * clean):
            survived += 1
            print(f"{file}:{line}")
            for text in difflib.ndiff(source.splitlines(), mutant.splitlines()):
                if text[0] in "-+":
                    print(f"    {text}", flush=True)
    return len(planted), survived


def main() -> None:
    """Plant the mutants of the file that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="a file of the package, relative to the root")
    parser.add_argument("tests", nargs="*", help="tests to run instead of the mirroring ones")
    given = parser.parse_args()
    tests = given.tests or [mirroring(given.file)]
    # One core; and threads do not survive a fork.
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    os.environ |= dict.fromkeys(names, "1")
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        tree = Path(folder).resolve() / "checkout"
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, tree / name)
            else:
                shutil.copy(ROOT / name, tree / name)
        # Tests look for the reference records beside the checkout.
        (tree.parent / "shared").symlink_to(ROOT.parent / "shared")
        os.chdir(tree)
        os.environ["PYTHONPATH"] = sys.path[0] = str(tree)
        count, survived = survivors(given.file, tests, tree)
    killed = count - survived
    share = 100 * killed / max(count, 1)
    print(f"{count} mutants, {killed} killed, {survived} survived ({share:.0f} %)")


if __name__ == "__main__":
    main()
