"""Forms in a browser, with and without JavaScript, and with htmx: a refused form shows what was entered."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import REPOSITORY, serve
from tests.support.sites import write_files

ROUTES = {
    "_models.py": """
        import datetime
        from enum import Enum

        from pydantic import BaseModel, Field, SecretStr

        from hyperpy import UploadFile


        class Size(Enum):
            SMALL = "s"
            LARGE = "l"


        class Item(BaseModel):
            name: str
            count: int = Field(1, ge=1)


        class Order(BaseModel):
            code: str = Field(pattern=r"^[\\w.-]+$", max_length=9)
            day: datetime.date
            when: datetime.datetime | None = None
            price: float | None = Field(None, ge=0)
            size: Size
            extras: list[str] = []
            gift: bool = False
            note: str = ""
            password: SecretStr | None = None
            items: list[Item] = []
            photo: UploadFile | None = None
    """,
    "_base.py": """
        def Layout(children):
            return t'''
            <!doctype html>
            <html lang="en">
            <head>
              <title>Order</title>
              HTMX_CONFIG
              <script src="/static/htmx.min.js"></script>
            </head>
            <body>{children}</body>
            </html>
            '''
    """,
    "index.py": """
        from hyperpy import POST, Form, FormField, fragment, render, request
        from ._base import Layout
        from ._models import Order

        form: Form[Order] = Form(initial={"items": [{}, {"name": "Pen"}], "note": "\\n\\nfirst"})
        extras = {"fast": "Fast", "far": "Far"}

        if POST and form.ok:
            order = form.data
            form.fail(f"{order.code} {order.day} {order.when} {order.price} {order.size.name} {order.extras} "
                      f"{order.gift} {order.note!r} {[item.name for item in order.items]} "
                      f"{order.photo and order.photo.filename}")

        t'''
        <{Layout}>
        <form method="post" enctype="multipart/form-data" id="order" hx-post="/" hx-encoding="multipart/form-data"
          hx-swap="outerHTML" novalidate {fragment}>
          <{FormField} {form} name="code" />
          <{FormField} {form} name="day" />
          <{FormField} {form} name="when" />
          <{FormField} {form} name="price" />
          <{FormField} {form} name="size" />
          <{FormField} {form} name="extras" type="checkboxes" options={extras} />
          <{FormField} {form} name="gift" />
          <{FormField} {form} name="note" type="textarea" />
          <{FormField} {form} name="password" type="password" />
          {[t'<{FormField} {form} name={f"items[{row}].name"} />' for row, _ in enumerate(form.values.items)]}
          <{FormField} {form} name="photo" />
          {form.errors.form}
          <button>Order</button>
        </form>
        </{Layout}>
        '''
        if request.headers.get("hx-request"):
            render(fragments="order")
    """,
}


def htmx_config() -> str:
    """The element of the documentation, as it is written in a t-string, in one line."""
    element = re.search(r"<meta name=\"htmx-config\".*?'>", (REPOSITORY / "docs" / "htmx.md").read_text(), re.DOTALL)
    assert element is not None
    return " ".join(element[0].split())


@pytest.fixture(scope="module")
def site(scripts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("forms")
    base = ROUTES["_base.py"].replace("HTMX_CONFIG", htmx_config())
    write_files(folder / "routes", ROUTES | {"_base.py": base})
    shutil.copytree(scripts, folder / "static")
    with serve(folder) as url:
        yield url


def fill_in(page: Page) -> None:
    page.get_by_label("Code").fill("a.b-c")
    page.get_by_label("When").fill("2026-01-31T10:30")
    page.get_by_label("Price").fill("2.5")
    page.get_by_label("Size").select_option("Large")
    page.get_by_label("Fast").check()
    page.get_by_label("Gift").check()
    page.get_by_label("Password").fill("geheim")
    page.get_by_label("Name").first.fill("Ink <b>")
    page.get_by_label("Photo").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"x"})


def check(page: Page) -> None:
    """Leave the day out, then fill it in: everything else is kept."""
    assert page.get_by_label("Note").input_value() == "\n\nfirst"
    fill_in(page)
    page.get_by_role("button", name="Order").click()
    expect(page.locator("#day-error")).to_have_text("This field is required.")
    expect(page.locator(".field-error")).to_have_count(1)
    expect(page.get_by_label("Day")).to_have_accessible_description("This field is required.")
    expect(page.get_by_label("Code")).to_have_value("a.b-c")
    expect(page.get_by_label("When")).to_have_value("2026-01-31T10:30")
    expect(page.get_by_label("Size")).to_have_value("l")
    expect(page.get_by_label("Fast")).to_be_checked()
    expect(page.get_by_label("Far")).not_to_be_checked()
    expect(page.get_by_label("Gift")).to_be_checked()
    expect(page.get_by_label("Note")).to_have_value("\n\nfirst")
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_label("Name").first).to_have_value("Ink <b>")
    page.get_by_label("Day").fill("2026-01-31")
    page.get_by_role("button", name="Order").click()
    expect(page.locator("#form-error")).to_have_text(
        "a.b-c 2026-01-31 2026-01-31 10:30:00 2.5 LARGE ['fast'] True '\\n\\nfirst' ['Ink <b>', 'Pen'] None"
    )


def test_htmx_shows_a_refused_form(page: Page, page_errors: list[str], site: str) -> None:
    page.goto(site)
    page.evaluate("window.stayed = true")
    check(page)
    assert page.evaluate("window.stayed")
    assert [error for error in page_errors if "422" not in error] == []


def test_a_form_works_without_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(site)
        check(page)
    finally:
        context.close()


def test_a_browser_checks_what_the_model_says(page: Page, site: str) -> None:
    page.goto(site)
    page.locator("form").evaluate("form => form.noValidate = false")
    fill_in(page)
    page.get_by_label("Day").fill("2026-01-31")
    assert page.locator("form").evaluate("form => form.checkValidity()")
    for label, value in [("Code", "a b"), ("Code", ""), ("Price", "-1")]:
        fill_in(page)
        page.get_by_label(label).fill(value)
        assert not page.locator("form").evaluate("form => form.checkValidity()"), (label, value)
