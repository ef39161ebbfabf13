"""ruff and mypy on route files, with the configuration that docs/editor-and-linters.md names and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RequireProgram

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENT = REPOSITORY / "docs" / "editor-and-linters.md"

# A route file that has all the things that are unusual, and in them nothing that is wrong.
ROUTE = """
from hyperpy import fragment

user_id: int
page: int
name: str


async def load() -> None:
    global name
    name = f"user {user_id}"


def Card(name: str) -> object:
    return t"<b>{name}</b>"


t'<p id="a" {fragment}>{page} <{Card} {name} /></p>'
"""


def named_in_docs(folder: str) -> str:
    """The last, complete configuration of the document, for route files in `folder`."""
    blocks = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return blocks[-1].replace("routes/**", f"{folder}/**")


def configure(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(text)
    return file


def run(tool: str, *arguments: str | Path, folder: Path) -> str:
    """What a tool says of what it was given; nothing if all is well."""
    command = [sys.executable, "-m", tool, *arguments]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=300)
    assert done.stdout or not done.returncode, done.stderr
    return done.stdout if done.returncode else ""


def lint(routes: str, config: Path, folder: Path = REPOSITORY) -> list[str]:
    """The rules of ruff, the usual ones, that files break."""
    told = run("ruff", "check", "--no-cache", "--output-format=concise", "--config", config, routes, folder=folder)
    return re.findall(r": ([A-Z]+\d+) ", told)


def typecheck(routes: str, config: Path, folder: Path = REPOSITORY) -> str:
    cache = REPOSITORY / ".mypy_cache" / "tools"
    return run("mypy", "--strict", "--config-file", config, "--cache-dir", cache, routes, folder=folder)


def test_the_example_passes_with_what_the_docs_name(tmp_path):
    config = configure(tmp_path, named_in_docs("routes_example"))
    assert lint("routes_example", config) == []
    assert typecheck("routes_example", config) == ""


def test_without_it_the_tools_object(tmp_path):
    config = configure(tmp_path, "")
    assert set(lint("routes_example", config)) == {"B018", "F821"}
    assert "Duplicate module named" in typecheck("routes_example", config)


def test_without_it_mypy_takes_files_one_by_one(tmp_path):
    config = configure(tmp_path, "")
    files = [str(path.relative_to(REPOSITORY)) for path in sorted((REPOSITORY / "routes_example").rglob("*.py"))]
    assert len(files) > 5
    assert "".join(typecheck(file, config) for file in files) == ""


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("", ""), []),
        (("{page}", "{pages}"), ["name-defined"]),
        (("{page} ", "{page.upper()} "), ["attr-defined"]),
        (('f"user {user_id}"', "user_id"), ["assignment"]),
        (("import fragment", "import fragments"), ["attr-defined", "name-defined"]),
    ],
)
def test_mypy_looks_into_route_files(tmp_path, change, found):
    """Bare annotations and t-strings don't blind it."""
    config = configure(tmp_path, named_in_docs("routes"))
    write_route(tmp_path, ROUTE.replace(*change) if change[0] else ROUTE)
    assert sorted(re.findall(r"\[([a-z-]+)\]$", typecheck("routes", config, tmp_path), re.MULTILINE)) == found


def test_other_rules_of_ruff_stay_on(tmp_path):
    config = configure(tmp_path, named_in_docs("routes"))
    write_route(tmp_path, f"import os\n{ROUTE}")
    assert lint("routes", config, tmp_path) == ["F401"]


def write_route(folder: Path, source: str) -> None:
    file = folder / "routes" / "users" / "{user_id}.py"
    file.parent.mkdir(parents=True)
    file.write_text(source)


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_program_fails_in_ci_and_is_told_of_elsewhere(
    require_program: RequireProgram, monkeypatch, ci, outcome
):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(outcome, match="this needs chromium; on Debian: apt install chromium"):
        require_program("chromium")


def test_a_program_is_found_under_each_of_its_names(require_program: RequireProgram, monkeypatch, tmp_path):
    program = tmp_path / "google-chrome"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert require_program("chromium") == str(program)
