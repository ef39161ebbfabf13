"""Responses that a file which is not a route makes, and that nothing sends."""

import pytest

from hyperpy import Hyper
from hyperpy.exceptions import HyperError
from tests.support.sites import Site, Write

ROUTE = "from ._users import require\nrequire()\nt'secret'"


@pytest.mark.parametrize("answer", ["HTTPException(403)", "PlainTextResponse('no', 403)", "hyperpy.HTTPException(401)"])
def test_an_answer_that_a_helper_drops_is_an_error(write: Write, answer: str) -> None:
    users = f"import hyperpy\nfrom hyperpy import *\ndef require():\n    if True:\n        {answer}"
    with pytest.raises(HyperError, match="answers by itself only in a route file; here it does nothing") as caught:
        Hyper(routes=write({"_users.py": users, "index.py": ROUTE}), static=None)
    written = f"raise {answer}" if "Exception" in answer else f"return {answer}"
    assert f"Write `{written}`" in str(caught.value)


@pytest.mark.parametrize(
    "answer", ["raise HTTPException(403)", "redirect('/login')", "raise RuntimeError(HTTPException(403))"]
)
async def test_what_a_helper_raises_is_an_answer(site: Site, answer: str) -> None:
    users = f"from hyperpy import *\ndef require():\n    {answer}"
    assert (await site({"_users.py": users, "index.py": ROUTE}).get("/")).status_code in (303, 403, 500)
