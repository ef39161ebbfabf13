"""The board, and its stream."""

from hyperpy.testing import Site


async def test_a_note_appears_in_open_pages(site: Site) -> None:
    await (await site.page("/signup")).form().submit(name="Ada", password="analytical engine")
    async with site.stream("/") as events:
        assert "Nobody has written" in (await events.next()).data
        page = await (await site.page("/my")).form("main form").submit(text="Tea at <five>?")
        assert "Your note is on the board." in page.text
        assert "Tea at &lt;five&gt;?" in (await events.next()).data
    assert "Tea at <five>?" in (await site.page("/")).select_one("#notes").text


async def test_an_empty_note_is_refused(site: Site) -> None:
    await (await site.page("/signup")).form().submit(name="Ada", password="analytical engine")
    page = await (await site.page("/my")).form("main form").submit(text="")
    assert page.status == 422
    assert "Nobody has written" in (await site.page("/")).text


async def test_unknown_urls_have_a_page(site: Site) -> None:
    assert "Nothing here" in (await site.page("/nowhere", status=404)).text
