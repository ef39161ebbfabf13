"""The address book in a folder of its own, with a database that holds one user."""

import asyncio
import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hyperpy import Hyper, Settings
from tests.browser.conftest import hash_quickly, scripts

__all__ = ["app", "scripts"]

SITE = Path(__file__).with_name("site")
PASSWORD = "correct horse"


def copy_site(folder: Path) -> Path:
    """The site with empty scripts in the place of htmx, and a quick hash of passwords."""
    shutil.copytree(SITE, folder, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    vendor = folder / "static" / "vendor"
    vendor.mkdir()
    for name in ("htmx.min.js", "sse.min.js"):
        (vendor / name).touch()
    hash_quickly(folder / "accounts.py")
    return folder


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hyper]:
    """The site, in this process. Its modules can be imported until the end of the module's tests."""
    folder = copy_site(tmp_path_factory.mktemp("contacts") / "site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTACTS_DATABASE", str(folder / "contacts.db"))
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        accounts = importlib.import_module("accounts")
        asyncio.run(accounts.add_user("ada", PASSWORD))
        yield Hyper("routes", settings=Settings(secret_key="0123456789abcdef"))
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(folder):
            del sys.modules[name]
