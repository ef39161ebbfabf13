"""Sign-up, log-in and the guarded folder."""

from hyperpy.testing import Site

ADA = {"name": "Ada", "password": "analytical engine"}


async def test_sign_up_then_log_out_and_in(site: Site) -> None:
    page = await (await site.page("/signup")).form().submit(**ADA)
    assert "Welcome, Ada." in page.text
    page = await page.form('[action="/logout"]').submit()
    assert "You have logged out." in page.text
    page = await (await site.page("/login")).form("main form").submit(**ADA)
    assert page.title.startswith("Write a note")


async def test_a_refused_form_says_why(site: Site) -> None:
    page = await (await site.page("/signup")).form().submit(name="Ada", password="short")
    assert page.status == 422
    assert page.select_one("#name")["value"] == "Ada"
    assert page.select_one("#password")["aria-invalid"] == "true"


async def test_a_wrong_password(site: Site) -> None:
    page = await (await site.page("/login")).form().submit(name="Ada", password="difference engine")
    assert page.status == 422
    assert page.select_one("[role=alert]").text == "There is no account with that name and password."


async def test_strangers_are_sent_to_the_log_in(site: Site) -> None:
    for method, url, location in (
        ("GET", "/my", "/login?then=%2Fmy"),
        ("GET", "/my?draft=1&tag=a", "/login?then=%2Fmy%3Fdraft%3D1%26tag%3Da"),
        ("POST", "/my?draft=1", "/login"),
    ):
        answer = await site.request(method, url)
        assert (answer.status_code, answer.headers["location"]) == (303, location)
    answer = await site.get("/my", headers={"HX-Request": "true"})
    assert answer.headers["hx-redirect"] == "/login"


async def test_the_way_back_survives_the_sign_up(site: Site) -> None:
    log_in = await site.page("/my?draft=1")
    sign_up = await site.page(log_in.select_one("main p a")["href"])
    again = await site.page(sign_up.select_one("main p a")["href"])
    assert again.url == log_in.url
    page = await sign_up.form().submit(**ADA)
    assert page.url.endswith("/my?draft=1")


async def test_log_in_and_sign_up_go_on_to_a_page_of_this_site(site: Site) -> None:
    for number, (then, expected) in enumerate(
        (("/my?draft=1", "/my?draft=1"), ("//evil.example", "/my"), ("https://evil.example", "/my"))
    ):
        user = ADA | {"name": f"Ada {number}"}
        for path in ("/signup", "/login"):
            answer = await site.post(path, params={"then": then}, data=user)
            assert (answer.status_code, answer.headers["location"]) == (303, expected)
