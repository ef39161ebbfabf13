"""Statuses that have no body: the application sends none, under any server."""

from tests.support.clients import EVENT_SOURCE, client_of

HYPER = "from hyper import HTMLResponse, HTTPException, JSONResponse, Response, StreamingResponse, html\n"
STATUS = "response: Response\nresponse.status_code = {status}\n"
ANSWERS = {
    "page": STATUS + "t'<p>page</p>'",
    "json": "response = JSONResponse(None, {status})",
    "html": "async def load():\n    return HTMLResponse('x', {status}, headers={{'x-kept': '1'}})",
    "pieces": "response = StreamingResponse(iter(['a', 'b']), {status})",
    "error": "raise HTTPException({status}, 'x')\nt'x'",
    "stream": STATUS + "async def stream():\n    yield html(t'<p>{{1 / 0}}</p>')",
    "parts": STATUS + "async def late():\n    return 1\nt'<p>{{late()}}</p>'",
}


async def test_answers_without_a_body(make):
    statuses = (204, 205, 304)
    sources = {
        f"{name}/{status}.py": HYPER + source.format(status=status)
        for name, source in ANSWERS.items()
        for status in statuses
    }
    offenders = []
    async with client_of(make(sources)) as client:
        for name in ANSWERS:
            for status in statuses:
                answer = await client.get(f"/{name}/{status}", headers={"accept": EVENT_SOURCE})
                length = answer.headers.get("content-length")
                right = (
                    answer.status_code == status and not answer.content and length == ("0" if status == 205 else None)
                )
                if not right or ("x-kept" in answer.headers) is not (name == "html"):
                    offenders.append((name, answer.status_code, answer.content, length))
    assert offenders == []


async def test_a_background_task_runs_without_a_body(make):
    helper = "done = []"
    source = (
        HYPER
        + "from starlette.background import BackgroundTask\nfrom routes._kept import done\n"
        + "response = JSONResponse(1, 204, background=BackgroundTask(done.append, 1))\n"
    )
    show = "from routes._kept import done\nfrom hyper import JSONResponse\nresponse = JSONResponse(done)\n"
    async with client_of(make({"_kept.py": helper, "index.py": source, "done.py": show})) as client:
        assert (await client.get("/")).status_code == 204
        assert (await client.get("/done")).json() == [1]


async def test_a_range_in_an_unknown_unit_of_a_file_that_a_route_sends(make):
    source = "from hyper import FileResponse\nresponse = FileResponse(__file__)"
    async with client_of(make({"index.py": source})) as client:
        answers = [await client.get("/", headers={"range": value}) for value in ("lines=0-3", "bytes=0-3")]
    assert [(answer.status_code, len(answer.content)) for answer in answers] == [(200, len(source)), (206, 4)]
