"""`response = …` is the answer at the end of its block, and a redirect can be worked on before it is returned."""

import pytest

from hyperpy import HyperError
from tests.pages.answering import PAGE, function, results
from tests.support.sites import Site

BLOCKS = {
    "a cookie": ("response = PlainTextResponse('x')\nresponse.set_cookie('a', '1')", "x", ["after"]),
    "in a block": ("if 1:\n    response = PlainTextResponse('x')\n    log.append('block')\n1 / 0", "x", ["block"]),
    "in an inner block": (
        "if 1:\n    if 1:\n        response = PlainTextResponse('x')\n        log.append('in')\n    1 / 0",
        "x",
        ["in"],
    ),
    "in a loop": (
        "for n in range(3):\n    response = PlainTextResponse(str(n))\n    log.append(n)\nelse:\n    1 / 0",
        "0",
        [0],
    ),
    "in an inner loop": (
        (
            "for n in range(3):\n    while True:\n        response = PlainTextResponse(str(n))\n"
            "        log.append(n)\n    1 / 0"
        ),
        "0",
        [0],
    ),
    "in with": (
        "with transaction():\n    response = PlainTextResponse('x')\n    log.append(1)\n1 / 0",
        "x",
        [1, "commit"],
    ),
    "in try": (
        (
            "try:\n    response = PlainTextResponse('x')\n    log.append(1)\n"
            "except BaseException:\n    1 / 0\nelse:\n    1 / 0\nfinally:\n    log.append('finally')\n1 / 0"
        ),
        "x",
        [1, "finally"],
    ),
    "twice": ("if 1:\n    response = PlainTextResponse('y')\n    response = PlainTextResponse('x')\n1 / 0", "x", []),
    "twice at the top": ("response = PlainTextResponse('y')\nresponse = PlainTextResponse('x')", "x", ["after"]),
    "redirects": (
        "response = redirect('/a')\nresponse.set_cookie('a', '1')\nresponse = PlainTextResponse('x')",
        "x",
        ["after"],
    ),
    "a bare answer after it": ("response = PlainTextResponse('y')\nPlainTextResponse('x')\n1 / 0", "x", []),
    "a walrus": ("if response := PlainTextResponse('x'):\n    log.append(1)", "x", [1, "after"]),
    "a walrus in a block": (
        "if 1:\n    if response := PlainTextResponse('x'):\n        log.append(1)\n1 / 0",
        "x",
        [1],
    ),
    "in match": ("match PlainTextResponse('x'):\n    case response:\n        log.append(1)", "x", [1, "after"]),
    "in a pattern of a block": (
        "if 1:\n    match PlainTextResponse('x'):\n        case object() as response:\n            log.append(1)\n1/0",
        "x",
        [1],
    ),
    "something else": ("if 1:\n    response = None\nPlainTextResponse('x')", "x", []),
    "nothing": (
        "for response in []:\n    pass\nif 1:\n    for response in []:\n        pass\nPlainTextResponse('x')",
        "x",
        [],
    ),
    "the loader runs": (
        f"response = PlainTextResponse('x')\n{function('log.append(1)', 'response.set_cookie(`a`, `1`)')}".replace(
            "`", "'"
        ),
        "x",
        [1, "after"],
    ),
    "the loader's answer is the last": (
        f"response = PlainTextResponse('y')\n{function('return PlainTextResponse(`x`)')}".replace("`", "'"),
        "x",
        [],
    ),
    "in the loader": (
        function("global response", "if 1:", "    response = PlainTextResponse('x')", "    log.append(1)", "1 / 0"),
        "x",
        [1],
    ),
    "in a loop of a function": (
        (
            "def f():\n    global response\n    for n in range(3):\n        response = PlainTextResponse('x')\n"
            "        log.append(n)\n    1 / 0\nf()\n1 / 0"
        ),
        "x",
        [0],
    ),
    "a function's": (
        "def f():\n    global response\n    response = PlainTextResponse('x')\n    log.append(1)\nf()\n1 / 0",
        "x",
        [1],
    ),
}


async def test_response_is_the_answer_after_its_block(site: Site) -> None:
    found = await results(site, {how: code + PAGE for how, (code, _, _) in BLOCKS.items()})
    wrong = {how: (a.text, log) for how, (a, log) in found.items() if (a.text, log) != BLOCKS[how][1:]}
    assert wrong == {}
    assert [how for how, (answer, _) in found.items() if "set-cookie" in answer.headers] == [
        "a cookie",
        "the loader runs",
    ]


async def test_a_declared_response_may_be_replaced(site: Site) -> None:
    source = """
        from hyperpy import *
        late: str | None
        response: Response
        if late:
            response = PlainTextResponse("late", 503)
            response.headers["retry-after"] = "9"
        response.headers["x-page"] = "1"
        async def load():
            response.set_cookie("a", "1")
        t"<p>page</p>"
        """
    client = site({"index.py": source})
    page, late = await client.get("/"), await client.get("/?late=1")
    assert (page.text, page.headers["x-page"], page.headers["set-cookie"][:3]) == ("<p>page</p>", "1", "a=1")
    assert (late.status_code, late.text, late.headers["retry-after"]) == (503, "late", "9")
    assert "x-page" not in late.headers


DROPPED = {
    "in the loader": function("response = PlainTextResponse('x', 403)"),
    "with a cookie": function("response = PlainTextResponse('x')", "response.set_cookie('a', '1')"),
    "with a status": function("answer: Response = JSONResponse({})", "answer.status_code = 403"),
    "in a block": function("if not log:", "    denied = PlainTextResponse('x', 403)"),
    "in a guard": "def guard():\n    response = RedirectResponse('/login')\nguard()",
    "of a class": "class Guard:\n    def check(self):\n        response = HTMLResponse('x')\nGuard().check()",
}
USED = {
    "returned": "def f():\n    answer = HTMLResponse('x')\n    answer.headers['a'] = ''\n    return answer\nx = [f()]",
    "read": "def f():\n    answer = PlainTextResponse('x')\n    return answer.body\nf()",
    "a statement": "def f():\n    answer = PlainTextResponse('x')\n    answer\nf() if log else None",
    "passed on": "def f():\n    answer = PlainTextResponse('x')\n    log.append(answer)\nf() if log else None",
    "a parameter": "def f(response):\n    response = PlainTextResponse('x')\nf(1)",
    "in an inner function": "def f():\n    answer = PlainTextResponse('x')\n    return lambda: answer\nx = f()",
    "another class of that name": "import httpx\nasync def load():\n    response = httpx.Response(200)",
}


async def test_a_response_that_a_function_drops_is_a_load_error(site: Site) -> None:
    """Without `global response` it would be a variable of the function, and the page would be sent."""
    for what, code in DROPPED.items():
        with pytest.raises(HyperError, match="and nothing sends it"):
            await results(site, {what: f"{code}\nt'secret'"})
    found = await results(site, {what: f"{code}\nt'page'" for what, code in USED.items()})
    assert {what: answer.text for what, (answer, _) in found.items() if answer.text != "page"} == {}


WORKED_ON = {
    "in the loader": function("answer = redirect('/tasks')", "answer.set_cookie('a', '1')", "return answer"),
    "in the body": "answer = redirect('/tasks')\nanswer.set_cookie('a', '1')\nanswer",
    "as response": "if 1:\n    response = redirect('/tasks')\n    response.set_cookie('a', '1')\n1 / 0",
    "from a helper": function("answer = returned('/tasks')", "answer.headers['set-cookie'] = 'a=1'", "return answer"),
    "after a condition": function(
        "if log:\n        answer = redirect('/')\n    else:\n        answer = redirect('/tasks')",
        "answer.set_cookie('a', '1')",
        "return answer",
    ),
    "replaced": function(
        "answer = redirect('/')", "answer = redirect('/tasks')", "answer.set_cookie('a', '1')", "return answer"
    ),
    "not returned": function("answer = redirect('/tasks')", "answer.set_cookie('a', '1')"),
    "with the declared response": "answered: Response\nanswered.set_cookie('a', '1')\nredirect('/tasks')",
}


async def test_a_redirect_can_be_worked_on(site: Site) -> None:
    found = await results(site, {how: f"{code}\nt'secret'" for how, code in WORKED_ON.items()})
    wrong = {how: (answer.status_code, answer.headers) for how, (answer, _) in found.items()}
    for how, (answer, _) in found.items():
        if answer.headers.get("location") == "/tasks" and answer.headers.get("set-cookie", "")[:3] == "a=1":
            del wrong[how]
    assert wrong == {}
