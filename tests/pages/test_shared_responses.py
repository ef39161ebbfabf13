"""One `Response` object that answers several requests."""

import pytest

from tests.support.sites import Site

SHARED_RESPONSES = {
    "PlainTextResponse('x')": "x",
    "JSONResponse([1])": "[1]",
    "redirect('/')": "",
    "FileResponse(__file__)": "from hyperpy import *\n",
    "Mine('x')": "x",
}


async def test_one_response_for_several_requests(site: Site) -> None:
    """Nothing that one request adds to it reaches another, whether by the declared response or by middleware."""
    files = {
        f"r{index}.py": "from hyperpy import *\nfrom ._made import made\nuser: str\nanswer: Response\n"
        f"answer.set_cookie('user', user)\nasync def load():\n    return made[{index}]\nt''"
        for index in range(len(SHARED_RESPONSES))
    }
    made = "from hyperpy import *\nclass Mine(Response):\n    __slots__ = ('extra',)\n"
    client = site({"_made.py": f"{made}made = [{', '.join(SHARED_RESPONSES)}]", **files})
    for index, text in enumerate(SHARED_RESPONSES.values()):
        for user in ("ann", "bob", "ann"):
            for method in ("GET", "HEAD"):
                answer = await client.request(method, f"/r{index}?user={user}")
                assert answer.headers.get_list("set-cookie") == [f"user={user}; HttpOnly; Path=/; SameSite=lax"]
                assert method == "HEAD" or text in answer.text


async def test_a_streaming_response_is_sent_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    made = "from hyperpy import *\nmade = StreamingResponse(iter('ab'))"
    client = site({"_made.py": made, "index.py": "from ._made import made\nmade"})
    assert (await client.head("/")).status_code == 200
    assert (await client.get("/")).text == "ab"
    assert (await client.get("/")).status_code == 500
    assert "Make a new one for each request" in caplog.text
