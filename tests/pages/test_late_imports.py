"""Imports in functions and blocks that run for each request, and imports that fail."""

from pathlib import Path

import pytest

from hyperpy import Hyper
from hyperpy.exceptions import HyperError
from tests.support.sites import Site, Write

LATE_IMPORTS = {
    "a name": ("from ._late import POST as P", "P"),
    "an absolute name": ("from routes._late import POST as P", "P"),
    "a module": ("from . import _late", "_late.POST"),
    "a dotted module": ("import routes._late as late", "late.POST"),
}


@pytest.mark.parametrize("how", LATE_IMPORTS)
async def test_a_late_import_counts_even_if_nothing_has_imported_its_module(site: Site, how: str) -> None:
    statement, name = LATE_IMPORTS[how]
    files = {
        "_late.py": "from hyperpy import *",
        "function.py": f"async def f():\n    global saved\n    {statement}\n    saved = bool({name})\nt'{{saved!r}}'",
        "block.py": f"for _ in [1]:\n    {statement}\n    saved = bool({name})\nt'{{saved!r}}'",
    }
    for file in ("function", "block"):
        client = site({"_late.py": files["_late.py"], f"{file}.py": files[f"{file}.py"]})
        answers = [await client.request(method, f"/{file}") for method in ("GET", "POST")]
        assert [answer.text for answer in answers] == ["False", "True"]


async def test_a_late_import_of_an_answer_is_the_answer_too(site: Site) -> None:
    files = {
        "_late.py": "from hyperpy import *",
        "index.py": "def f():\n    from ._late import redirect\n    redirect('/there')\nf()\nt'secret'",
    }
    assert (await site(files).get("/")).headers["location"] == "/there"


async def test_a_late_import_of_anything_else_stays_late(site: Site) -> None:
    files = {"_late.py": "raise RuntimeError", "index.py": "def f():\n    from ._late import x\n    return x\nt'ok'"}
    assert (await site(files).get("/")).text == "ok"


def load_error(write: Write, files: dict[str, str]) -> HyperError:
    with pytest.raises(HyperError) as caught:
        Hyper(routes=write(files), static=None)
    return caught.value


def test_an_exception_of_a_private_file_names_that_file(write: Write) -> None:
    index = "x = 1\nfrom ._base import X\nt''"
    failing = load_error(write, {"_base.py": "\ndef f():\n    return 1 / 0\n\nX = f()", "index.py": index})
    unreadable = load_error(write, {"_base.py": "X = 1\ndef f(:", "index.py": index})
    places = [Path(error.place.file).name + f":{error.place.line}" for error in (failing, unreadable) if error.place]
    assert places == ["_base.py:2", "_base.py:2"]
