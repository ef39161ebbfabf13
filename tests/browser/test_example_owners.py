"""The harbour pass of the example: sign-up, log-in, the guarded folder and its uploads."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from hyperpy.testing import Site, client

PNG = b"\x89PNG\r\n\x1a\n" + bytes(2**20)
REPORT = b"kind,kilograms\r\nCod,12.5\r\nCod,11\r\nMackerel,9.5\r\n"
PASS: dict[str, Any] = {
    "boat": "Sanderling",
    "metres": "8.5",
    "name": "Ada",
    "password": "a long password",
    "geese": True,
}

# Keeps what the progress bar has shown.
KEEP_PROGRESS = """addEventListener("htmx:afterRequest", () => {
  const bar = document.querySelector("progress");
  sessionStorage.sent = bar.checkVisibility() && bar.value;
})"""


@pytest.fixture
async def harbour(example: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.chdir(example)
    async with client("routes_example") as site:
        yield site


async def test_the_folder_is_for_owners(harbour):
    for path in ("/mine", "/mine/catch", "/mine/photo"):
        answer = await harbour.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login?then={path.replace('/', '%2F')}")
    for method, then in (("GET", "?then=%2Fmine%2Fcatch%3Fday%3D2"), ("POST", "")):
        answer = await harbour.request(method, "/mine/catch?day=2")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login{then}")
    page = await (await harbour.page("/signup")).form().submit(PASS)
    assert page.select_one("h1").text == "Sanderling"
    assert page.headers["cache-control"] == "private"
    assert (await harbour.get("/mine/photo")).status_code == 404
    await page.form("#photo-form").submit(photo=("boat.png", PNG))
    photo = await harbour.get("/mine/photo")
    assert (photo.headers["content-type"], photo.content) == ("image/png", PNG)
    too_large = await harbour.post(
        "/mine", files={"photo": ("boat.png", bytes(9 * 2**20))}, headers={"Accept": "text/html"}
    )
    assert too_large.status_code == 413
    assert "Back to the harbour" in too_large.text
    goodbye = await (await harbour.page("/mine")).form("[action='/logout']").submit()
    assert goodbye.select_one(".flash").text == "You are logged out. Fair winds!"
    assert (await harbour.get("/mine/photo")).status_code == 303


async def test_a_name_is_taken_once_and_a_log_in_stays_on_the_site(harbour):
    sign_up, log_in = [
        (await harbour.page(path)).form() for path in ("/signup", "/login?then=https://elsewhere.example")
    ]
    await sign_up.submit(PASS)
    again = await sign_up.submit(PASS | {"name": "ADA"})
    assert again.select_one("#name-error").text == "Somebody of this name has a pass already."
    assert (await log_in.submit(name="Ada", password="a long password")).url.endswith("/mine")


BAD_REPORTS = {
    b"": "The first line has to be: kind,kilograms",
    b"\xff\xfe\x00": "The first line has to be: kind,kilograms",
    b"kind,kilograms\n": "A report has between 1 and 60 crates.",
    b"kind,kilograms\n" + b"Cod,1\n" * 61: "A report has between 1 and 60 crates.",
    b"kind,kilograms\nCod,1\nCod\n": "Line 3 is not a kind and a number of kilograms.",
    b"kind,kilograms\n" + b"x" * 140_000: "Line 2 is not a kind and a number of kilograms.",
    b"kind,kilograms\nCod,nan\n": "Line 2: a crate has a kind, and up to 100 kilograms.",
}


async def test_catch_reports_that_cannot_be_read(harbour):
    await (await harbour.page("/signup")).form().submit(PASS)
    form = (await harbour.page("/mine/catch")).form()
    answers = {report: await form.submit(report=("catch.csv", report)) for report in BAD_REPORTS}
    assert {report: answer.select_one("#report-error").text for report, answer in answers.items()} == BAD_REPORTS
    assert {answer.status for answer in answers.values()} == {422}


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def sign_up(page: Page, name: str) -> None:
    """Fill in the form, first with mistakes that only the server sees."""
    page.get_by_label("Name of your boat").fill("Sanderling")
    page.get_by_label("Its length").fill("8.5")
    page.get_by_label("Your name").fill(" ")
    page.get_by_label("Password").fill("a long password")
    page.get_by_label("geese").check()
    page.get_by_role("button", name="Get the pass").click()
    expect(page.locator(".field-error")).to_have_text(["This field is required."])
    expect(page.get_by_label("Its length")).to_have_value("8.5")
    expect(page.get_by_label("geese")).to_be_checked()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Get the pass").click()
    expect(page.locator(".flash")).to_have_text(f"Welcome in, {name}. This is your pass.")
    expect(page.locator("h1")).to_have_text("Sanderling")


def log_in(page: Page, name: str) -> None:
    for password in ("a wrong password", "a long password"):
        page.get_by_label("Your name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        if password == "a wrong password":
            expect(page.get_by_role("alert")).to_have_text("There is no pass with that name and password.")


def send_photo(page: Page) -> None:
    page.get_by_label("Photo of your boat").set_input_files(file("boat.png", b"<svg></svg>"))
    page.get_by_role("button", name="Send the photo").click()
    expect(page.locator(".field-error")).to_have_text("Please choose a JPEG, PNG or WebP.")
    page.get_by_label("Photo of your boat").set_input_files(file("boat.png", PNG))
    page.get_by_role("button", name="Send the photo").click()
    expect(page.locator(".flash")).to_have_text("What a beauty. The photo is up.")
    expect(page.locator("img.photo")).to_have_count(1)


def land_catch(page: Page) -> None:
    page.get_by_role("link", name="Land a catch").click()
    for content in (b"kind,kilograms\nCod,many\n", REPORT):
        page.get_by_label("Catch report").set_input_files(file("catch.csv", content))
        page.get_by_role("button", name="Weigh it").click()
        if content != REPORT:
            expect(page.locator(".field-error")).to_have_text("Line 2 is not a kind and a number of kilograms.")
    expect(page.locator("h1")).to_have_text("On the scales")


def test_an_owner_with_javascript(page, site, page_errors):
    page.goto(f"{site}/mine/catch")
    expect(page.locator("h1")).to_have_text("Log in")
    page.get_by_role("link", name="I have no pass yet").click()
    sign_up(page, "Ada")
    page.evaluate(KEEP_PROGRESS)
    send_photo(page)
    assert page.evaluate("sessionStorage.sent") == "1"
    land_catch(page)
    expect(page.get_by_role("status")).to_have_text("All is weighed.")
    expect(page.locator("tfoot td")).to_have_text("33.0")
    page.get_by_role("link", name="My boat").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.locator(".flash")).to_have_text("You are logged out. Fair winds!")
    page.go_back()
    expect(page.get_by_role("button", name="Log out")).to_have_count(0)


def test_an_owner_without_javascript(browser: Browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/signup")
    sign_up(page, "Grace")
    send_photo(page)
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{site}/mine/catch")
    log_in(page, "grace")
    expect(page).to_have_url(f"{site}/mine/catch")
    page.get_by_role("link", name="My boat").click()
    land_catch(page)
    expect(page.get_by_role("status")).to_have_text(re.compile("of 3 crates|All is weighed"))
    while page.get_by_role("link", name="Look again").count():
        page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("status")).to_have_text("All is weighed.")
    context.close()
