"""The rules of the house that a machine can check."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "hyperpy"
PROJECT = PACKAGE / "cli/project"  # the files that `hyper new` writes
INSPECTOR = PACKAGE / "inspector/routes"  # a site, whose files import hyperpy as those of any site do
ARCHITECTURE = (REPOSITORY / "ARCHITECTURE.md").read_text()
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text()
LONGEST = 400

# Data flows from left to right, and a part imports only itself and what stands before it.
ORDER = (
    "garbage",
    "lazy",
    "record_classes",
    "proposed_imports",
    "exceptions",
    "tracebacks",
    "user_files",
    "config",
    "routing",
    "templates",
    "forms",
    "responses",
    "sessions",
    "pages",
    "components",
    "streams",
    "channels",
    "web",
    "datastar",
    "server",
    "dev",
    "app",
    "inspector",
    "check",
    "build",
    "testing",
    "cli",
    "__init__",
    "__main__",
)

# The same for the folders and modules inside a room. REST stands for all that the row does not name.
REST = "…"
INSIDE = {
    "templates": ("escape", "deferred", "syntax", "escaping", "rendering", "at_load"),
    "pages": (
        *("htmx_headers", "datastar_requests", "request_objects"),
        *("answers", "proxies", "constraint_keywords", "input_markers", "submitted_bodies", "body_inputs"),
        "input_functions",
        *("route_settings", "source_files", "facts", "known_names"),
        *("analysis", "loading", "request", "waiting"),
    ),
    "channels": ("backends", "hub", REST),
    "server": ("access", "configuration", "workers", "http", REST),
    "inspector": (REST, "static", "views"),
    "testing": (REST, "transport"),
}
MOST_MODULES = 16  # in one folder, besides its __init__.py
MOST_AMBIGUOUS = 4  # public names of classes that stand for two things

type Import = tuple[str, int]
type Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(set(PACKAGE.rglob("*.py")) - set(PROJECT.rglob("*.py")) - set(INSPECTOR.rglob("*.py"))):
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


def test_the_order_of_rooms_lists_every_module():
    assert [module for module in MODULES if part(module) not in ORDER] == []
    assert [module for module in MODULES if part(module) in INSIDE and inner_rank(module) is None] == []


def test_imports_go_one_way():
    wrong = [
        f"{MODULES[module]}:{line} imports {name}"
        for module in MODULES
        for name, line in imports(module)
        if rank(module) < rank(name) or (part(module) == part(name) and goes_back(module, name))
    ]
    assert not wrong


def rank(module: str) -> int:
    return ORDER.index(part(module))


def goes_back(module: str, name: str) -> bool:
    """Whether one module of a room imports another that stands behind it in INSIDE."""
    here, there = inner_rank(module), inner_rank(name)
    return here is not None and there is not None and here < there


def inner_rank(module: str) -> int | None:
    """The place of a module in its room's row of INSIDE. A room's own `__init__` stands behind all of it."""
    row = INSIDE.get(part(module))
    if row is None:
        return None
    if module.count(".") == 1:
        return len(row)
    name = module.split(".")[2]
    return row.index(name) if name in row else row.index(REST) if REST in row else None


def test_contributing_has_the_map():
    """Every folder and every module beside the rooms, in the order of imports."""
    mapped = architecture_map()
    sites = {PROJECT, INSPECTOR}
    own = [path for path in committed() if path.is_relative_to(PACKAGE) and sites.isdisjoint(path.parents)]
    folders = {path.parent.relative_to(PACKAGE).as_posix() for path in own}
    alone = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.glob("[!_]*.py")}
    assert sorted(name for name in mapped if not name.endswith(".py")) == sorted(folders - {"."})
    assert {name for name in mapped if name.endswith(".py") and "/" not in name} == alone
    assert [name for name in mapped if not (PACKAGE / name).exists()] == []
    rooms = [name.removesuffix(".py") for name in mapped if "/" not in name]
    assert rooms == [name for name in ORDER if name in rooms]
    for room, row in INSIDE.items():
        inner = [
            name.split("/")[1].removesuffix(".py")
            for name in mapped
            if name.count("/") == 1 and name.startswith(f"{room}/")
        ]
        assert inner == [name for name in row if name in inner]


def architecture_map() -> list[str]:
    """The paths in ARCHITECTURE's map, whose rows are indented as deeply as they are nested."""
    rows = ARCHITECTURE.split("```text\nhyperpy/\n")[1].split("```")[0].splitlines()
    paths: list[str] = []
    above: list[str] = []
    for row in rows:
        depth = (len(row) - len(row.lstrip())) // 4 - 1
        name = row.split()[0].rstrip("/")
        above = [*above[:depth], name]
        paths.append("/".join(above))
    return paths


def test_guides_for_contributors_name_files_that_exist():
    named = re.findall(r"`((?:hyperpy|hyper|tests|docs|bench|scripts)/[\w./-]*)`", ARCHITECTURE + CONTRIBUTING)
    assert len(named) > 20
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_no_folder_is_crowded():
    folders = {path.parent for path in MODULES.values()}
    counts = {str(folder): len(list(folder.glob("*.py"))) - 1 for folder in folders}
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_class_names_stand_for_one_thing():
    """`Site` is public in `testing`. A private class may have the name of one in another module."""
    places: dict[str, list[str]] = {}
    for module, path in MODULES.items():
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert len(twice) <= MOST_AMBIGUOUS, twice


def test_module_names_stand_for_one_thing():
    """But the brokers' backends are alike, and route files are named after URLs."""
    alike = {"backend", "connection", "subscriber"}
    stems = Counter(path.stem for path in MODULES.values() if "routes" not in path.parts)
    assert {name for name, times in stems.items() if times > 1} - alike - {"__init__"} == set()


def test_no_module_imports_itself_through_others():
    needs = {module: {name for name, _ in imports(module)} - {module} for module in MODULES}
    # Take away what imports none of the rest, and what none of the rest imports, until only cycles are left.
    while loose := {
        module for module in needs if not needs[module] or not any(module in names for names in needs.values())
    }:
        needs = {module: names - loose for module, names in needs.items() if module not in loose}
    assert not needs


def test_imports_stand_at_the_top():
    inside = {
        f"{MODULES[module]}:{node.lineno}"
        for module in MODULES
        for function in ast.walk(tree(module))
        if isinstance(function, Function.__value__)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not inside


def test_pytest_looks_into_every_folder_of_tests(pytestconfig):
    folders = {
        folder
        for file in (REPOSITORY / "tests").rglob("test_*.py")
        for folder in file.parent.relative_to(REPOSITORY).parts
    }
    left_out = pytestconfig.getini("norecursedirs")
    assert [folder for folder in folders if any(fnmatch(folder, pattern) for pattern in left_out)] == []


def test_files_stay_short():
    lines = {str(path): len(path.read_text().splitlines()) for path in MODULES.values()}
    assert {path: count for path, count in lines.items() if count > LONGEST} == {}


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


def test_analysis_asks_about_imported_objects_in_one_place():
    """What it asks elsewhere, a cached route would not ask again: see `Vocabulary.answer`."""
    asking = r"\.(__globals__|__annotations__|__defaults__|__wrapped__|co_[a-z]+)\b|inspect\.(signature|get\w+)\("
    files = [*(PACKAGE / "pages/analysis").rglob("*.py")]
    found = {path for path in files if re.search(asking, path.read_text())}
    assert {path.parent.name for path in found} == {"objects"}
