"""The address book in `site/`: each of its features, as visitors and programs use it."""

import asyncio
import importlib
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from hyperpy import Hyper
from hyperpy.testing import Site, client
from tests.contacts.conftest import PASSWORD, SITE

HTMX = {"HX-Request": "true"}


@pytest.fixture
async def visitor(app: Hyper) -> AsyncIterator[Site]:
    """Somebody who has an account, but has not logged in. There are no contacts."""
    async with importlib.import_module("store").transaction() as connection:
        await connection.execute("delete from contacts")
    async with client(app) as site:
        yield site


@pytest.fixture
async def site(visitor: Site) -> Site:
    await log_in(visitor)
    return visitor


async def log_in(site: Site) -> Any:
    page = await site.page("/login")
    return await page.form("main form").submit(name="ada", password=PASSWORD)


async def add(site: Site, *names: str) -> None:
    form = (await site.page("/contacts/new")).form("main form")
    for name in names:
        answer = await form.submit(name=name, email=f"{name.lower()}@example.org")
        assert answer.status == 200, answer.text


async def names(site: Site, path: str = "/contacts", **options: Any) -> list[str]:
    page = await site.page(path, **options)
    return [link.text for link in page.select("tbody td:nth-child(2)")]


async def test_only_those_who_have_logged_in_get_in(visitor: Site):
    for path in ("/contacts", "/contacts/import", "/contacts/jobs/x", "/account"):
        page = await visitor.page(path)
        assert page.title.startswith("Log in"), path
    assert (await visitor.post("/contacts/archive")).headers["location"] == "/login"
    page = await visitor.page("/contacts/new")
    answer = await page.form().submit(name="ada", password="wrong")
    assert answer.status == 422
    assert "Name or password is wrong." in answer.text
    assert PASSWORD not in answer.html
    answer = await answer.form().submit(name="ada", password=PASSWORD)
    assert answer.title.startswith("New contact")
    answer = await answer.form("nav form").submit()
    assert "You are logged out." in answer.select_one(".flash").text
    assert (await visitor.page("/contacts")).title.startswith("Log in")


async def test_create_edit_and_delete(site: Site):
    page = await site.page("/contacts/new")
    refused = await page.form("main form").submit(name="", email="ada@example", phone="none")
    assert refused.status == 422
    assert [message.attributes["id"] for message in refused.select(".field-error")] == [
        "name-error",
        "email-error",
        "phone-error",
    ]
    assert refused.select_one("#email")["value"] == "ada@example"
    saved = await refused.form("main form").submit(name="Ada", email="ada@example.org", phone="")
    assert saved.select_one(".flash").text == "Ada added."
    assert saved.select_one("h1").text == "Ada"
    edited = await (await site.page("/contacts/1/edit")).form("main form").submit(name="Ada King")
    assert edited.select_one(".flash").text == "Ada King saved."
    assert not (await site.page("/contacts/1")).select(".flash")
    deleted = await edited.form("main form").submit(button="Delete")
    assert deleted.select_one(".flash").text == "Ada King deleted."
    assert await names(site) == []
    missing = await site.page("/contacts/1", status=404)
    assert "There is no such contact." in missing.select_one("main").text


async def test_an_email_belongs_to_one_contact(site: Site):
    await add(site, "Ada", "Bea")
    taken = {"name": "Eve", "email": "ADA@example.org", "phone": ""}
    answer = await (await site.page("/contacts/new")).form("main form").submit(**taken)
    assert answer.select_one("#email-error").text == "Somebody else has this e-mail."
    own = await (await site.page("/contacts/1/edit")).form("main form").submit(email="ADA@example.org")
    assert own.select_one(".flash").text == "Ada saved."
    # While it is typed, htmx asks for the field alone, and nothing is saved.
    for path, email, message in [
        ("/contacts/new", "bea@example.org", "Somebody else has this e-mail."),
        ("/contacts/new", "bea", "Enter a value in the expected format."),
        ("/contacts/new", "eve@example.org", None),
        ("/contacts/2/edit", "bea@example.org", None),
    ]:
        headers = HTMX | {"HX-Target": "email-field"}
        field = await site.page(path, method="POST", data={"email": email}, headers=headers, status=422)
        assert [error.text for error in field.select("#email-field .field-error")] == ([message] if message else [])
        assert not field.select("form")
    assert await names(site) == ["Ada", "Bea"]


async def test_pages_and_search(site: Site):
    await add(site, *(f"Number{n:02}" for n in range(11)), "Hundred%", "Zoe")
    first = await site.page("/contacts")
    assert len(first.select("tbody tr")) == 10
    assert not first.select("[rel=prev]")
    second = await site.page(first.select_one("[rel=next]")["href"])
    assert len(second.select("tbody tr")) == 3
    assert not second.select("[rel=next]")
    assert await names(site, second.select_one("[rel=prev]")["href"]) == await names(site)
    assert await names(site, "/contacts?q=%25") == ["Hundred%"]
    found = await first.form("[role=search]").submit(q="number")
    assert found.select_one("[name=q]")["value"] == "number"
    assert found.select_one("[rel=next]")["href"] == "/contacts?q=number&page=2"
    part = await site.page("/contacts?q=zoe", headers=HTMX | {"HX-Target": "found"})
    assert not part.select("html, h1")
    assert len(part.select("#found tbody tr")) == 1
    assert {"HX-Request", "HX-Target"} <= set(part.headers["vary"].replace(",", " ").split())
    assert (await site.page("/contacts?page=0", status=422)).select("main")


async def test_deleting_several_and_deleting_in_the_list(site: Site):
    await add(site, "Ada", "Bea", "Cleo", "Dora")
    page = await site.page("/contacts")
    answer = await page.form("#found").submit(button="Delete selected", ids=["1", "3"])
    assert answer.select_one(".flash").text == "2 contacts deleted."
    assert await names(site) == ["Bea", "Dora"]
    row = await site.post("/contacts/2/delete", headers=HTMX)
    assert (row.status_code, row.text) == (200, "")
    assert await names(site) == ["Dora"]
    answer = await (await site.page("/contacts")).form("#found").submit(button="Delete")
    assert answer.select_one(".flash").text == "Dora deleted."


async def test_an_archive_tells_its_progress_and_ends(site: Site):
    await add(site, *(f"Number{n:02}" for n in range(3)))
    page = await site.page("/contacts", headers={})
    job = await page.form("[role=search]").submit(button="Archive")
    path = httpx.URL(job.url).path
    async with site.stream(path) as events:
        *_, last = await events.rest()
        assert events.closed
    assert "The archive is ready." in last.data
    page = await site.page(path)  # without JavaScript: the same once the page is loaded again
    assert not page.select("[sse-connect], noscript")
    link = page.select_one("main a.button")["href"]
    archive = await site.get(link)
    assert archive.headers["content-disposition"] == 'attachment; filename="contacts.json"'
    assert [contact["name"] for contact in archive.json()] == ["Number00", "Number01", "Number02"]


async def test_a_csv_file_is_imported_with_progress(site: Site):
    await add(site, "Ada")
    rows = [f"Number{n:02},number{n}@example.org,1" for n in range(50)]
    text = "\n".join(["name,email,phone", "Ada,ADA@example.org,", "broken", *rows])
    page = await site.page("/contacts/import")
    refused = await page.form("#upload").submit()
    assert refused.select_one("#file-error").text == "Choose a file."
    refused = await page.form("#upload").submit(file=("x.csv", b"a,b\n1,2"))
    assert "The first line" in refused.select_one("#file-error").text
    job = await page.form("#upload").submit(file=("contacts.csv", text.encode()))
    async with site.stream(httpx.URL(job.url).path) as events:
        received = await events.rest()
    assert [event.select_one("progress")["value"] for event in received] == ["20", "40", "52", "52"]
    assert "50 contacts are new; 2 rows were left out." in received[-1].data
    answer = await site.post("/contacts/import", files={"file": ("x.csv", text)}, headers=HTMX)
    assert answer.headers["hx-redirect"].startswith("/contacts/jobs/")


async def test_the_json_api(site: Site):
    token = (await site.page("/account")).select_one("pre").text.split()[-1]
    site.cookies.clear()
    site.headers["Accept"] = "application/json"
    refused = await site.get("/api/contacts")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    site.headers["Authorization"] = f"Bearer {token}"
    created = await site.post("/api/contacts", json={"name": "Ada", "email": "ada@example.org"})
    ada = {"name": "Ada", "email": "ada@example.org", "phone": "", "id": 1}
    assert (created.status_code, created.headers["location"], created.json()) == (201, "/api/contacts/1", ada)
    assert (await site.get("/api/contacts", params={"q": "ada"})).json() == [ada]
    assert (await site.get("/api/contacts/1")).json() == ada
    for answer, status, fields in [
        (await site.post("/api/contacts", json={"name": "Eve"}), 422, ["email"]),
        (await site.post("/api/contacts", json={"name": "Eve", "email": "ada@example.org"}), 409, []),
        (await site.get("/api/contacts?page=0"), 422, ["page"]),
        (await site.get("/api/contacts/7"), 404, []),
        (await site.get("/api/nothing"), 404, []),
        (await site.put("/api/contacts/1"), 405, []),
    ]:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json", problem
        assert (answer.status_code, problem["status"], list(problem.get("fields", []))) == (status, status, fields)
    assert (await site.delete("/api/contacts/1")).status_code == 204
    assert (await site.get("/api/contacts")).json() == []


async def test_requests_at_once_get_one_transaction_each(site: Site):
    posts = [site.post("/contacts/new", data={"name": "Ada", "email": f"ada{n // 2}@example.org"}) for n in range(30)]
    statuses = [answer.status_code for answer in await asyncio.gather(*posts)]
    assert (statuses.count(303), statuses.count(422)) == (15, 15)


BAD_INPUT: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", f"/contacts/{10**30}", {}, 404),
    ("GET", "/contacts/0", {}, 404),
    ("POST", "/contacts", {"data": {"ids": str(10**30)}}, 422),
    ("POST", "/contacts", {"data": {}}, 303),
    ("GET", "/contacts", {"params": {"q": "x" * 6_000}}, 422),
    ("GET", "/contacts", {"params": {"page": 10**30}}, 422),
    ("POST", "/contacts/new", {"json": {"name": ["x"], "email": 5, "phone": {"a": None}}}, 422),
    ("POST", "/contacts/new", {"files": {"email": ("x", b"x")}}, 422),
    ("POST", "/contacts/new", {"data": {"email": "x\0"}}, 422),
    ("POST", "/contacts/new", {"headers": HTMX | {"HX-Target": "nothing"}}, 422),
    ("POST", "/contacts/import", {"files": {"file": ("x", b"name,email\n\0," + b"x" * 200_000)}}, 422),
    ("POST", "/contacts/import", {"files": {"file": ("x", b"name,email\n1,2,3,4\n\xff,\xfe")}}, 303),
    ("POST", "/contacts/new", {"data": {"name": "x"}, "headers": {"Origin": "https://evil.example"}}, 403),
    ("POST", "/login?next=//evil.example", {"data": {"name": "ada", "password": PASSWORD}}, 400),
]


async def test_bad_input_is_never_a_failure(site: Site):
    answers = [
        (method, path, options, status, (await site.request(method, path, **options)).status_code)
        for method, path, options, status in BAD_INPUT
    ]
    assert [answer for answer in answers if answer[-2] != answer[-1]] == []


async def test_a_failed_request_leaves_nothing_behind(site: Site, monkeypatch: pytest.MonkeyPatch):
    store = importlib.import_module("store")

    async def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(store.Contacts, "change", fail)
    await add(site, "Ada")
    answer = await (await site.page("/contacts/1/edit")).form("main form").submit(name="Bea")
    assert answer.status == 500
    assert "disk" not in answer.text
    assert await names(site) == ["Ada"]


# What the contact manager with the same features has in Flask: its views and templates, without its model.
FLASK_LINES = 346
SHARED = (
    "_base.py",
    "index.py",
    "contacts/index.py",
    "contacts/_form.py",
    "contacts/new.py",
    "contacts/{contact_id}/*.py",
    "contacts/archive.py",
    "contacts/jobs/{job_id}/*.py",
    "api/contacts/*.py",
)


def test_it_takes_fewer_lines_than_with_flask():
    """For the list with search and pages, forms, the archive, and the JSON API; jobs.py counts as well."""
    files = [SITE / "jobs.py", *(path for pattern in SHARED for path in (SITE / "routes").glob(pattern))]
    lines = [line for path in files for line in path.read_text().splitlines() if line.strip()]
    assert len(files) == 14
    assert len(lines) < FLASK_LINES
