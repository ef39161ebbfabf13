"""The rules of the house that a machine can check."""

import ast
import importlib
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "hyperpy"
LONGEST = 400

# Data flows from left to right, and a part imports only itself and what stands before it.
ORDER = (
    "exceptions",
    "config",
    "routing",
    "templates",
    "pages",
    "components",
    "streams",
    "channels",
    "web",
    "server",
    "dev",
    "app",
    "testing",
    "cli",
    "__init__",
    "__main__",
)

type Import = tuple[str, int]
type Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text())


def part(module: str) -> str:
    """The first name below the package, which is what ORDER lists."""
    return module.split(".")[1] if "." in module else "__init__"


def imports(module: str) -> Iterator[Import]:
    """The modules of the package that a module imports, each with its line, whether it is typing only or not."""
    for node in ast.walk(tree(module)):
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, node.lineno) for alias in names if alias.name in MODULES)
            case ast.ImportFrom():
                source = absolute(module, node)
                for alias in node.names:
                    target = f"{source}.{alias.name}" if f"{source}.{alias.name}" in MODULES else source
                    if target in MODULES:
                        yield target, node.lineno


def absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    here = module.split(".") if MODULES[module].name == "__init__.py" else module.split(".")[:-1]
    base = here[: len(here) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


@pytest.mark.parametrize("module", MODULES)
def test_the_order_of_parts_lists_every_module(module):
    assert part(module) in ORDER


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module):
    here = ORDER.index(part(module))
    wrong = [f"{MODULES[module]}:{line} imports {name}" for name, line in imports(module) if here < rank(name)]
    assert not wrong


def rank(module: str) -> int:
    return ORDER.index(part(module))


def test_no_module_imports_itself_through_others():
    needs = {module: {name for name, _ in imports(module)} - {module} for module in MODULES}
    # Take away what imports none of the rest, and what none of the rest imports, until only cycles are left.
    while loose := {
        module for module in needs if not needs[module] or not any(module in names for names in needs.values())
    }:
        needs = {module: names - loose for module, names in needs.items() if module not in loose}
    assert not needs


@pytest.mark.parametrize("module", MODULES)
def test_imports_stand_at_the_top(module):
    functions = [node for node in ast.walk(tree(module)) if isinstance(node, Function.__value__)]
    inside = {
        f"{MODULES[module]}:{node.lineno}"
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not inside


@pytest.mark.parametrize("module", MODULES)
def test_files_stay_short(module):
    assert len(MODULES[module].read_text().splitlines()) <= LONGEST


def test_hyper_is_hyperpy_by_a_shorter_name():
    hyper, hyperpy = importlib.import_module("hyper"), importlib.import_module("hyperpy")
    assert sorted(hyper.__all__) == sorted(hyperpy.__all__)
    assert [name for name in hyper.__all__ if getattr(hyper, name) is not getattr(hyperpy, name)] == []
    assert len(set(hyperpy.__all__)) == len(hyperpy.__all__)


def committed() -> list[Path]:
    """The files that git has or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True)
    return [path for name in done.stdout.split("\0") if name and (path := REPOSITORY / name).is_file()]


# Written so that no pattern matches its own line.
ELSEWHERE = {
    "a package registry": r"pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|yarnpkg[.]com|deb[.]debian[.]org",
    "a path of one machine": r"(?<![\w.~-])/(home/[a-z]\w*|Users/[A-Za-z]\w*|root|work)/",
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_no_file_names(what):
    pattern = re.compile(ELSEWHERE[what])
    found = []
    for path in committed():
        text = path.read_bytes().decode(errors="replace")
        found += [f"{path.relative_to(REPOSITORY)}: {match[0]}" for match in pattern.finditer(text)]
    assert not found


@pytest.mark.parametrize("path", sorted((REPOSITORY / "requirements").iterdir()), ids=lambda path: path.name)
def test_requirements_name_packages_and_nothing_else(path):
    """No address, index, hash or path: the files serve behind any mirror."""
    lines = [line for line in path.read_text().splitlines() if line and not line.lstrip().startswith("#")]
    assert [line for line in lines if not re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?(==[\w.]+)?( ; .+)?$", line)] == []
    assert path.suffix == ".in" or all("==" in line for line in lines)
