"""Imports in functions, and in blocks that run for each request."""

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


def test_a_late_import_of_an_answer_is_checked_too(write: Write) -> None:
    files = {
        "_late.py": "from hyperpy import *",
        "index.py": "def f():\n    from ._late import redirect\n    redirect('/')\nt''",
    }
    with pytest.raises(HyperError, match="a bare `redirect\\(…\\)` does nothing"):
        Hyper(routes=write(files), static=None)


async def test_a_late_import_of_anything_else_stays_late(site: Site) -> None:
    files = {"_late.py": "raise RuntimeError", "index.py": "def f():\n    from ._late import x\n    return x\nt'ok'"}
    assert (await site(files).get("/")).text == "ok"
