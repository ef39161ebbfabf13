"""Which thread runs a page or a dependency: a worker thread only if it may block."""

from hyperpy import Hyper, Settings
from hyperpy.testing import client
from tests.support.sites import Write

HELPERS = """
    import threading
    from pydantic import BaseModel
    from hyperpy import Form, Session

    class Here:
        @property
        def thread(self):
            return threading.current_thread().name.split()[0]

    class Model(BaseModel):
        name: str = "Ada"
        tags: list[str] = []
        def save(self): pass

    here = Here()
    type Contact = Form[Model]
    Alias = Session[Model]
    """
IMPORTS = """
from typing import Annotated, Optional
import hyperpy
from hyperpy import *
from hyperpy import POST, GET, flash, request, response, session, htmx, html, asset, channel, url, csp_nonce
from hyperpy import FormField, Suspense, TrustedURL, HTMX, Session, Form, Query, Header, Cookie, Body, Depends, Request
from hyperpy import Response, JSONResponse, PlainTextResponse, HTTPException, redirect
from routes._helpers import here, Model, Contact, Alias
"""

# Statements, and whether they leave a page on the event loop.
PAGES = [
    ("session.get('a')", True),
    ("hyperpy.session.get('a')", True),
    ("s: Session\ns.get('a')", True),
    ("s: Session[Model]\ns.renew()", True),
    ("s: 'Session[Model]'\ns.pop('a', 1)", True),
    ("s: Alias\ns.setdefault('a', 1)", True),
    ("s: Session[Model]\ns.data.save()", False),
    ("s: Session\nlist(s.items())", True),
    ("f: Form[Model]\nf.field('name')\nf.options('name', ['a'])", True),
    ("f: Form[Model] = Form(initial={'name': 'b'})\nf.field('name')", True),
    ("f: Annotated[Form[Model], 'doc']\nf.field('name')", True),
    ("f: Contact\nf.field('name')", True),
    ("f: hyperpy.Form[Model]\nf.field('name')\nf.fail('no')\nresponse.status_code = 200", True),
    ("f: Form[Model]\nf.values.name.strip()\nf.values['name'].strip()", True),
    ("f: Form[Model]\n{**f.field('name')}.update()", False),
    ("f: Form[Model]\nif POST and f.ok: f.data.save()", False),
    ("f: Form[Model]\nf = Model()", False),
    ("f: Form[Model]\nFormField(f, 'name')", True),
    ("f: Form[Model]\nif POST:\n    f.fail(name='no')", True),
    ("h: HTMX\nh.trigger_event('x')\nh.target.strip()", True),
    ("htmx.push_url('/x')", True),
    ("h: HTMX | None\nh.trigger_event('x')", True),
    ("h: Optional[HTMX]\nh.trigger_event('x')", True),
    ("r: Request\nr.headers.get('a')\nr.url.path.startswith('/')\nr.query_params.getlist('a')", True),
    ("request.cookies.get('a')\nrequest.url_for('x') if 0 else 0", True),
    ("request.state.a = here\nif 0: request.state.a.query()", False),
    ("if 0: request.app.state.query()", False),
    ("r: Response\nr.set_cookie('a', 'b')\nr.headers.setdefault('x', 'y')", True),
    ("response.delete_cookie('a')\nresponse.headers.update({'a': 'b'})", True),
    ("response = JSONResponse([here.thread])\nresponse.set_cookie('a', 'b')", True),
    ("q: str = Query('')\nh: str = Header('')\nc: str = Cookie('')", True),
    ("if POST:\n    m: Model = Body()", True),
    ("q: str = Query('')\nq.strip()", False),
    ("flash('a')\nurl('/0')\nhtml('a')\nTrustedURL('a')\nSuspense('a', 'b')", True),
    ("channel('a').publish_soon('b')", True),
    ("channel('a').topic_of_mine() if 0 else 0", False),
    ("session = Model()\nsession.save()", False),
    ("[request.save() for request in ()]", False),
    ("def get(request): return request.save()", True),
]


def thread_of(text: str) -> str:
    return "loop" if "MainThread" in text else "thread" if "AnyIO" in text else text


async def test_a_page_runs_in_a_worker_thread_only_if_it_may_block(write: Write) -> None:
    files = {f"{n}.py": f"{IMPORTS}{source}\nt'<b>{{here.thread}}</b>'\n" for n, (source, _) in enumerate(PAGES)}
    app = Hyper(write({"_helpers.py": HELPERS, **files}), static=None, settings=Settings(secret_key="0123456789abcdef"))
    async with client(app) as site:
        found = {source: thread_of((await site.get(f"/{n}")).text) for n, (source, _) in enumerate(PAGES)}
    expected = {source: "loop" if is_quick else "thread" for source, is_quick in PAGES}
    assert {source: where for source, where in found.items() if where != expected[source]} == {}


# The parameters and the body of a dependency.
DEPENDENCIES = [
    ("request: Request", "request.headers.get('a')", True),
    ("r: 'Request'", "r.query_params.get('a')", True),
    ("s: Session[Model]", "s.get('a')", True),
    ("*, s: Alias", "s.get('a')", True),
    ("h: HTMX", "h.trigger_event('a')", True),
    ("response: Response", "response.set_cookie('a', 'b')", True),
    ("", "session.get('a')", True),
    ("request: Request", "request.state.query() if 0 else 0", False),
    ("request: Request", "request = here; request.query() if 0 else 0", False),
    ("name: str = Query('')", "name.strip()", False),
]


async def test_a_dependency_is_called_in_a_worker_thread_only_if_it_may_block(write: Write) -> None:
    source = "{imports}\ndef found({parameters}):\n    {body}\n    return here.thread\n"
    page = "x: str = Depends(found)\nt'<b>{x}</b>'\n"
    files = {
        f"{n}.py": source.format(imports=IMPORTS, parameters=parameters, body=body) + page
        for n, (parameters, body, _) in enumerate(DEPENDENCIES)
    }
    app = Hyper(write({"_helpers.py": HELPERS, **files}), static=None, settings=Settings(secret_key="0123456789abcdef"))
    async with client(app) as site:
        found = [thread_of((await site.get(f"/{n}")).text) for n in range(len(DEPENDENCIES))]
    wrong = [
        (parameters, body, where)
        for (parameters, body, is_quick), where in zip(DEPENDENCIES, found, strict=True)
        if where != ("loop" if is_quick else "thread")
    ]
    assert wrong == []
