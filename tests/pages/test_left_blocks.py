"""How an answer leaves `with` and `try`, and which exception of a group is the answer."""

import logging

import pytest

from tests.pages.answering import IMPORTS, SHARED, function, results
from tests.support.sites import Site

TRANSACTIONS = {
    "bare": ("with transaction():\n    log.append('save')\n    redirect('/done')", 303, ["save", "commit"]),
    "returned": (function("with transaction():", "    return redirect('/done')"), 303, ["commit"]),
    "bare in a function": (function("with transaction():", "    redirect('/done')", "1 / 0"), 303, ["commit"]),
    "assigned": (function("async with atransaction():", "    x = returned('/done')", "1 / 0"), 303, ["commit"]),
    "in a function inside": (
        f"def f():\n    redirect('/done')\n{function('with transaction():', '    f()')}",
        303,
        ["commit"],
    ),
    "raised": (function("with transaction():", "    raise redirect('/done')"), 303, ["rollback"]),
    "raised in the body": ("with transaction():\n    raise redirect('/done')", 303, ["rollback"]),
    "an HTTPException": ("with transaction():\n    HTTPException(409)", 409, ["rollback"]),
    "the commit fails": ("with transaction(failing=True):\n    redirect('/done')", 500, []),
    "the commit of a return fails": (function("with transaction(True):", "    return redirect('/done')"), 500, []),
    "the commit fails in a function": (function("with transaction(True):", "    redirect('/done')"), 500, []),
    "dropped, and the commit fails": (function("with transaction(True):", "    [returned('/done')]"), 303, []),
}


async def test_blocks_are_left_as_return_leaves_them(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "hyperpy")
    found = await results(site, {how: f"{code}\nt'secret'" for how, (code, _, _) in TRANSACTIONS.items()})
    wrong = {how: (a.status_code, log) for how, (a, log) in found.items()}
    assert {how: w for how, w in wrong.items() if w != TRANSACTIONS[how][1:]} == {}


GROUPS = {
    "an HTTPException": ("[ValueError(), HTTPException(404)]", 404),
    "a redirect": ("[HTTPException(404), redirect('/login'), ValueError()]", 303),
    "a nested redirect": ("[HTTPException(404), ExceptionGroup('', [ExceptionGroup('', [redirect('/login')])])]", 303),
    "a redirect made before the request": ("[HTTPException(404), LOGIN]", 303),
    "invalid inputs": ("[InputError({'q': 'is required'})]", 422),
    "a bug": ("[ValueError(), KeyError()]", 500),
}
GROUPED = {
    "the body": "raise ExceptionGroup('', {})\nt'secret'",
    "the loader": function("raise ExceptionGroup('', {})") + "\nt'secret'",
    "the page": "def fail(errors):\n    raise ExceptionGroup('', errors)\nt'secret{{fail({})}}'",
    "a deferred value": "async def fail(errors):\n    raise ExceptionGroup('', errors)\nt'{{fail({})}}'",
    "a stream": "async def stream():\n    raise ExceptionGroup('', {})\n    yield 'secret'",
}


async def test_the_answer_is_found_in_exception_groups(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    files = {"_login.py": "from hyperpy.exceptions import *\nfrom hyperpy import *\nLOGIN = redirect('/login')\n"}
    cases = {}
    for place, code in GROUPED.items():
        for what, (errors, status) in GROUPS.items():
            files[f"r{len(cases)}.py"] = f"from ._login import *\n{IMPORTS}{code.format(errors)}"
            cases[f"{what} in {place}"] = status
    client = site({"_shared.py": SHARED} | files)
    answers = [await client.get(f"/r{index}", headers={"accept": "text/event-stream"}) for index in range(len(cases))]
    found = dict(zip(cases, answers, strict=True))
    assert {how: a.status_code for how, a in found.items() if a.status_code != cases[how] or "secret" in a.text} == {}
    assert caplog.text.count("ValueError") > 0, "what else went wrong is logged"
