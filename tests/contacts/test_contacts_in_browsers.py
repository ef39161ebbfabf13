"""The address book as it is deployed: two workers behind nginx, for browsers with and without JavaScript."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.channels.brokers import RedisBroker
from tests.conftest import RequireProgram
from tests.contacts.conftest import PASSWORD, copy_site
from tests.docs_support.nginx import in_front_of

NAMES = [f"Person {number:02}" for number in range(30)]


@pytest.fixture(scope="module")
def site(require_program: RequireProgram, scripts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    nginx = require_program("nginx")
    folder = copy_site(tmp_path_factory.mktemp("deployed") / "site")
    shutil.copytree(scripts, folder / "static" / "vendor", dirs_exist_ok=True)
    variables = {"CONTACTS_DATABASE": str(folder / "contacts.db")}
    command = f"import accounts, asyncio; asyncio.run(accounts.add_user('ada', {PASSWORD!r}))"
    subprocess.run([sys.executable, "-c", command], cwd=folder, env=os.environ | variables, check=True)
    broker = RedisBroker(require_program("redis-server"), tmp_path_factory.mktemp("broker") / "redis")
    try:
        broker.start()
        variables |= {
            "HYPER_WORKERS": "2",
            "HYPER_SECRET_KEY": "0123456789abcdef",
            "HYPER_CHANNELS": broker.address,
        }
        with in_front_of(folder, nginx, tmp_path_factory.mktemp("nginx"), **variables) as port:
            yield f"http://127.0.0.1:{port}"
    finally:
        broker.stop()


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "without"])
def test_a_visit(browser: Browser, site: str, javascript: bool):
    context = browser.new_context(java_script_enabled=javascript, base_url=site)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    log_in(page)
    import_people(page)
    add_somebody(page, javascript)
    search(page, javascript)
    archive(page)
    delete_all(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.locator(".flash")).to_have_text("You are logged out.")
    page.goto("/contacts")
    expect(page.locator("h1")).to_have_text("Log in")
    assert not errors
    context.close()


def log_in(page: Page) -> None:
    page.goto("/contacts")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("main")).to_contain_text("Name or password is wrong.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("h1")).to_have_text("Contacts")


def import_people(page: Page) -> None:
    text = "name,email,phone\n" + "".join(f"{name},{name.replace(' ', '')}@example.org,\n" for name in NAMES)
    page.get_by_role("link", name="Import").click()
    page.get_by_label("CSV file").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("status")).to_have_text(f"{len(NAMES)} contacts are new; 0 rows were left out.")
    page.get_by_role("link", name="All contacts").click()


def add_somebody(page: Page, javascript: bool) -> None:
    page.get_by_role("link", name="New contact").click()
    expect(page.locator("h1")).to_have_text("New contact")
    page.wait_for_load_state()  # from now on, htmx listens
    page.get_by_label("E-mail").fill("PERSON07@example.org")
    page.get_by_label("Name").fill("Zoe")
    if not javascript:
        page.get_by_role("button", name="Save").click()
    expect(page.locator("#email-error")).to_have_text("Somebody else has this e-mail.")
    expect(page.get_by_label("Name")).to_have_value("Zoe")
    page.get_by_label("E-mail").fill("zoe@example.org")
    if javascript:  # without the error, the button moves up: a click that has begun would miss it
        page.get_by_label("E-mail").blur()
        expect(page.locator("#email-error")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".flash")).to_have_text("Zoe added.")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Phone").fill("555-1234")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".flash")).to_have_text("Zoe saved.")
    page.get_by_role("link", name="All contacts").click()


def search(page: Page, javascript: bool) -> None:
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Person 10")).to_be_visible()
    page.wait_for_load_state()
    page.get_by_label("Search").fill("5-12")
    if not javascript:
        page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.url.endswith("/contacts?q=5-12")
    page.get_by_role("link", name="Zoe").click()
    expect(page.locator("h1")).to_have_text("Zoe")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Contacts")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("link", name="Zoe")).to_have_count(0)
    page.goto("/contacts?q=Zoe")
    expect(page.locator("tbody")).to_have_text("Nobody here.")


def archive(page: Page) -> None:
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("status")).to_have_text("The archive is ready.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert Path(download.value.path()).read_text().count("@example.org") == len(NAMES)
    page.get_by_role("link", name="All contacts").click()


def delete_all(page: Page) -> None:
    for first in NAMES[::10]:
        expect(page.get_by_role("link", name=first)).to_be_visible()
        boxes = page.get_by_role("checkbox")
        boxes.first.check()  # as a visitor does; the others at once, because each click takes many messages to Chromium
        boxes.evaluate_all("boxes => { for (const box of boxes) box.checked = true; }")
        page.get_by_role("button", name="Delete selected").click()
        expect(page.get_by_role("link", name=first)).to_have_count(0)
        expect(page.locator(".flash")).to_have_text("10 contacts deleted.")
    expect(page.locator("tbody")).to_have_text("Nobody here.")
