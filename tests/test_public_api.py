"""Public names are guarded by a snapshot, listed in the docs, and the same under the name `hyper`."""

import difflib
import importlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from tests.public_api import MODULES, describe_modules

REPOSITORY = Path(__file__).resolve().parents[1]
SNAPSHOT = REPOSITORY / "tests" / "public_api.txt"
SUBMODULES = [name.removeprefix("hyperpy.") for name in MODULES if name != "hyperpy"]


def test_public_names_and_signatures_are_as_recorded():
    recorded, now = SNAPSHOT.read_text().splitlines(), describe_modules().splitlines()
    changes = "\n".join(difflib.unified_diff(recorded, now, "recorded", "now", lineterm="", n=0))
    remedy = "If this is intended: python -m tests.public_api > tests/public_api.txt"
    assert not changes, f"the public API has changed\n\n{changes}\n\n{remedy}"


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_exists_once(name):
    module = importlib.import_module(name)
    assert [each for each in module.__all__ if not hasattr(module, each)] == []
    assert len(set(module.__all__)) == len(module.__all__)


def python(code: str, *, path: Path, folder: Path) -> str:
    """The output of a new process that looks for modules in `path` first."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{code}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert not done.returncode, done.stderr
    return done.stdout


SAME = """
import importlib
names = ["hyper" + name for name in {order}]
modules = [importlib.import_module(name) for name in names]
import hyper, hyper.testing, hyperpy, hyperpy.testing
from hyper import channels, render, testing
from hyper.channels import connect
from hyper.components import Suspense
from hyper.exceptions import HyperError
from hyper.testing import serve
for name in {submodules}:
    ours, short = importlib.import_module("hyperpy." + name), importlib.import_module("hyper." + name)
    assert ours is short is getattr(hyper, name) is getattr(hyperpy, name), name
    assert ours.__name__ == "hyperpy." + name
assert all(getattr(hyper, name) is getattr(hyperpy, name) for name in hyperpy.__all__)
assert hyper.__all__ == hyperpy.__all__
assert testing is hyperpy.testing and channels is hyperpy.channels
assert (render, connect, serve) == (hyperpy.render, hyperpy.channels.connect, hyperpy.testing.serve)
print(hyper.__file__)
"""


def test_hyper_is_hyperpy_in_any_order_of_imports(tmp_path):
    orders = [["", "py"], ["py.testing", ".testing"], [".channels"]]
    for order in orders:
        code = SAME.format(order=order, submodules=SUBMODULES)
        assert python(code, path=REPOSITORY, folder=tmp_path).strip() == str(REPOSITORY / "hyper" / "__init__.py")


def files_of(folder: Path, package: str) -> set[Path]:
    return {
        path.relative_to(folder)
        for path in (folder / package).rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }


def test_the_wheel_has_both_packages_and_their_types(tmp_path):
    (wheel,) = WheelBuilder(str(REPOSITORY)).build(directory=str(tmp_path), versions=["standard"])
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    tops = {path.name for path in installed.iterdir()}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"hyper", "hyperpy"}
    for package in ("hyper", "hyperpy"):
        assert files_of(installed, package) == files_of(REPOSITORY, package)
        assert (installed / package / "py.typed").is_file()
    code = SAME.format(order=["", "py"], submodules=SUBMODULES)
    assert python(code, path=installed, folder=tmp_path).strip() == str(installed / "hyper" / "__init__.py")


def test_the_source_distribution_has_both_packages(tmp_path):
    (archive,) = SdistBuilder(str(REPOSITORY)).build(directory=str(tmp_path), versions=["standard"])
    names = subprocess.run(["tar", "tf", archive], capture_output=True, text=True, check=True).stdout
    for wanted in ("hyper/__init__.py", "hyper/testing.py", "hyper/py.typed", "hyperpy/py.typed", "pyproject.toml"):
        assert re.search(rf"^hyperpy-[^/]+/{re.escape(wanted)}$", names, re.MULTILINE), wanted


USER = """
from typing import assert_type

import hyper
import hyper.testing
from hyper import Event, Settings, channel, fragment, html, render
from hyper.channels import connect
from hyper.components import Suspense
from hyper.exceptions import HyperError
from hyper.testing import Page, serve

assert_type(render(fragments="a"), hyper.Markup)
assert_type(Settings(ping=5).ping, float)
page = t'<p id="a" {fragment}>{html(t"<b>1</b>")}</p>'


async def test() -> None:
    async with serve("routes") as site, connect():
        assert_type(await site.page("/"), Page)
        await channel("news").publish(Event("x"))
    assert_type(await hyper.testing.Site("", None).page("/"), Page)  # WRONG
    Settings(pnig=5)  # WRONG


def fail() -> None:
    raise HyperError("no", hint=5)  # WRONG
"""


def test_strict_mypy_understands_hyper(tmp_path):
    (tmp_path / "user.py").write_text(USER)
    cache = REPOSITORY / ".mypy_cache" / "tools"
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(cache), "user.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    reported = [int(line) for line in re.findall(r"^user\.py:(\d+): error", done.stdout, re.MULTILINE)]
    expected = [number for number, line in enumerate(USER.splitlines(), 1) if "# WRONG" in line]
    assert sorted(set(reported)) == expected, done.stdout + done.stderr
