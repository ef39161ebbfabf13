"""ruff and mypy on route files, with only the configuration in docs/editor-and-linters.md."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RequireProgram

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENT = REPOSITORY / "docs" / "editor-and-linters.md"

# A route file with everything that is unusual in one, and no errors.
ROUTE = """
from datetime import date
from typing import Annotated

from hyperpy import (
    POST,
    Body,
    Cookie,
    File,
    Form,
    FormField,
    Header,
    Loaded,
    Path,
    Query,
    UploadFile,
    fragment,
    request,
    response,
)
from pydantic import BaseModel

user_id: int = Path()
page: int = Query(1, ge=1)
words: str = Query()
sort: str | None = Query(None)
tags: list[str] = Query([], alias="tag")
since: date = Query(date.today())
theme: str = Cookie("light")
user_agent: str = Header("unknown")
size: Annotated[int, Query(ge=1)] = 20
bare: int

name: str = Loaded()


class Contact(BaseModel):
    email: str


form: Form[Contact]
filled: Form[Contact] = Form(initial={"email": "ada"}, id_prefix="filled")

if POST:
    field: str = Form(min_length=3)
    contact: Contact = Body()
    photos: list[UploadFile] = File()

if POST and form.ok:
    form.fail(email=form.data.email.lower())


async def load() -> None:
    global name
    name = f"user {user_id}"
    response.status_code = 201


def Card(name: str) -> object:
    return t"<b>{name}</b>"


t'<p id="a" {fragment}>{page + size + bare} <{Card} {name} /> {words.upper()} {sort or tags} {since.year}</p>'
t'{theme}{user_agent}{request.url.path} <input {filled.field("email"):**}> <{FormField} {form} name="email" />'
"""


def documented_configuration(folder: str) -> str:
    """The last configuration of the document, which is the complete one, for route files in `folder`."""
    blocks = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return blocks[-1].replace("routes/**", f"{folder}/**")


def configure(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(text)
    return file


def run(tool: str, *arguments: str | Path, folder: Path) -> str:
    """Run a tool, and return its output, or an empty string if it finds nothing."""
    command = [sys.executable, "-m", tool, *arguments]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=300)
    assert done.stdout or not done.returncode, done.stderr
    return done.stdout if done.returncode else ""


def lint(routes: str, config: Path, folder: Path = REPOSITORY) -> list[str]:
    """The rules of ruff's default set that files break."""
    output = run("ruff", "check", "--no-cache", "--output-format=concise", "--config", config, routes, folder=folder)
    return re.findall(r": ([A-Z]+\d+) ", output)


def typecheck(routes: str, config: Path, folder: Path = REPOSITORY) -> str:
    cache = REPOSITORY / ".mypy_cache" / "tools"
    return run("mypy", "--strict", "--config-file", config, "--cache-dir", cache, routes, folder=folder)


def test_the_example_passes_with_the_documented_configuration(tmp_path):
    config = configure(tmp_path, documented_configuration("routes_example"))
    assert lint("routes_example", config) == []
    assert typecheck("routes_example", config) == ""


def test_the_tools_object_without_the_configuration(tmp_path):
    config = configure(tmp_path, "")
    assert set(lint("routes_example", config)) == {"B018", "F821"}
    assert "Duplicate module named" in typecheck("routes_example", config)


# A change of ROUTE, and the errors that mypy finds then.
CHANGES = {
    ("", ""): [],
    ("{page +", "{pages +"): ["name-defined"],
    ("{page +", "{page.upper() +"): ["attr-defined"],
    ("{request.url.path", "{request.url.pth"): ["attr-defined"],
    ('f"user {user_id}"', "user_id"): ["assignment"],
    ("form.data.email", "form.data.emial"): ["attr-defined"],
    ("form.data.email.lower()", "len(form.data.email)"): ["arg-type"],
    ("    Cookie,", "    Cookies,"): ["attr-defined", "name-defined"],
    ("Query(1, ge=1)", 'Query("one")'): ["assignment"],
    ("Query(1, ge=1)", "Query(1, gee=1)"): ["call-overload", "call-overload"],
    ('Cookie("light")', "Cookie(None)"): ["assignment"],
    ('Query([], alias="tag")', "Query([1])"): ["list-item"],
}


def test_mypy_checks_route_files(tmp_path):
    """Inputs, bare annotations and t-strings don't hide errors."""
    config = configure(tmp_path, documented_configuration("routes"))
    for number, change in enumerate(CHANGES):
        write_route(tmp_path, f"change_{number}/{{user_id}}.py", ROUTE.replace(*change) if change[0] else ROUTE)
    errors = re.findall(r"^routes/change_(\d+)/.*\[([a-z-]+)\]$", typecheck("routes", config, tmp_path), re.MULTILINE)
    for number, (change, codes) in enumerate(CHANGES.items()):
        assert sorted(code for file, code in errors if file == str(number)) == codes, change


def test_other_rules_of_ruff_stay_on(tmp_path):
    config = configure(tmp_path, documented_configuration("routes"))
    write_route(tmp_path, "users/{user_id}.py", ROUTE.replace("import Annotated", "import Annotated, Any"))
    assert lint("routes", config, tmp_path) == ["F401"]


def write_route(folder: Path, name: str, source: str) -> None:
    file = folder / "routes" / name
    file.parent.mkdir(parents=True)
    file.write_text(source)


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_program_fails_in_ci_and_skips_elsewhere(require_program: RequireProgram, monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(outcome, match="this needs chromium; on Debian: apt install chromium"):
        require_program("chromium")


def test_a_program_is_found_under_each_of_its_names(require_program: RequireProgram, monkeypatch, tmp_path):
    program = tmp_path / "google-chrome"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert require_program("chromium") == str(program)
