"""Forms of a page, submitted as browsers submit them."""

from pathlib import Path

import pytest

from hyperpy import Hyper, Settings
from hyperpy.testing import AnswerFailure, PageFailure, client
from tests.support.sites import write_files

FORM = """
<form method="post" action="/echo" id="main">
  <input name="text" value="old">
  <input name="empty">
  <input type="hidden" name="token" value="a&amp;b">
  <textarea name="note">
first
second</textarea>
  <input type="checkbox" name="news" checked>
  <input type="checkbox" name="terms">
  <input type="checkbox" name="tags" value="a"><input type="checkbox" name="tags" value="b" checked>
  <input type="radio" name="size" value="s"><input type="radio" name="size" value="l" checked>
  <select name="color"><option>red<option value="g">green<option disabled>blue</select>
  <select name="many" multiple><option selected>1<option>2<option selected>3</select>
  <input name="off" value="x" disabled>
  <fieldset disabled><input name="inside" value="x"></fieldset>
  <input value="nameless">
  <button name="do" value="save">Save it</button>
  <button type="button" name="do" value="nothing">Nothing</button>
  <input type="submit" name="do" value="delete" formaction="/echo?deleted" formmethod="post">
</form>
<input name="outside" value="o" form="main">
<form id="search" action="/echo"><input name="q" value="x y"></form>
<form id="upload" action="/echo" method="post" enctype="multipart/form-data">
  <input type="file" name="photo"><input type="file" name="many" multiple><input name="title" value="t">
</form>
"""
ECHO = """
from hyperpy import POST, request
from starlette.datastructures import UploadFile
result = ""
async def load():
    global result
    items = [*request.query_params.multi_items()]
    if POST:
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    value = f"{value.filename}:{value.content_type}:{(await value.read()).decode()}"
                items.append((name, value))
    result = "\\n".join(f"{name}={value}" for name, value in items)
t"<pre>\\n{result}</pre><p>{request.method} {request.headers.get('origin')} {request.headers.get('content-type')}</p>"
"""
FILES = {
    "index.py": f't"""{FORM}"""\n',
    "echo.py": ECHO,
    "login.py": """
from hyperpy import POST, redirect, request, session
async def load():
    if POST:
        session["user"] = (await request.form())["name"]
        redirect("/home")
t'<form method="post"><input name="name"></form>'
""",
    "home.py": "from hyperpy import session\nt'<p>{session.get(\"user\")}</p>'\n",
    "json.py": """
from hyperpy import POST, JSONResponse
if POST:
    JSONResponse({})
t'<form method="post"></form>'
""",
}


@pytest.fixture
def app(tmp_path: Path) -> Hyper:
    write_files(tmp_path, FILES)
    return Hyper(tmp_path, static=None, settings=Settings(secret_key="a key for the tests"))


SENT = """text=old
empty=
token=a&b
note=first
second
news=on
tags=b
size=l
color=red
many=1
many=3
outside=o
do=save"""


async def test_what_is_sent_without_filling_in(app: Hyper) -> None:
    async with client(app) as site:
        page = await site.page("/")
        answer = await page.form("#main").submit()
        assert answer.select_one("pre")._node.text() == SENT
        assert answer.select_one("p").text == "POST http://localhost application/x-www-form-urlencoded"


async def test_filling_in(app: Hyper) -> None:
    async with client(app) as site:
        form = (await site.page("/")).form("#main")
        form.fill({"text": "né&w", "note": "x"}, news=False, terms=True, tags=["a", "b"], size="s", color="g", many=[2])
        answer = await form.submit(empty=5, button="delete")
        lines = answer.select_one("pre").text.split(" ")
        assert lines == [
            *("deleted=", "text=né&w", "empty=5", "token=a&b", "note=x", "terms=on", "tags=a", "tags=b", "size=s"),
            *("color=g", "many=2", "outside=o", "do=delete"),
        ]
        assert (await form.submit(tags=[], many=[], button="Save it")).select_one("pre").text.endswith("do=save")
        assert (form.values["tags"], form.values["text"]) == ([], ["né&w"])


async def test_a_form_by_get(app: Hyper) -> None:
    async with client(app) as site:
        answer = await (await site.page("/")).form("#search").submit(q="a+b")
        assert (answer.url, answer.select_one("pre").text) == ("http://localhost/echo?q=a%2Bb", "q=a+b")


async def test_files(app: Hyper, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    async with client(app) as site:
        form = (await site.page("/")).form("#upload")
        answer = await form.submit(photo=tmp_path / "a.txt", many=[("b.bin", b"two"), ("c.csv", b"3", "text/csv")])
        assert answer.select_one("pre").text.split() == [
            *(
                "title=t",
                "photo=a.txt:text/plain:one",
                "many=b.bin:application/octet-stream:two",
                "many=c.csv:text/csv:3",
            ),
        ]
        assert "multipart/form-data; boundary=" in answer.select_one("p").text
        empty = await (await site.page("/")).form("#upload").submit()
        assert empty.select_one("pre").text.startswith("title=t photo=")


async def test_logging_in_follows_the_redirect_and_keeps_the_cookie(app: Hyper) -> None:
    async with client(app) as site:
        home = await (await site.page("/login")).form().submit(name="Ada")
        assert (home.url, home.select_one("p").text) == ("http://localhost/home", "Ada")
        assert (await site.page("/home")).select_one("p").text == "Ada"


async def test_what_a_form_does_not_have(app: Hyper) -> None:
    async with client(app) as site:
        page = await site.page("/")
        form = page.form("#main")
        wrong = {
            "no enabled control 'missing'. It has: text, empty": lambda: form.fill(missing=1),
            "no enabled control 'off'": lambda: form.fill(off="x"),
            "'color' of GET / has no choice 'blue'. It has: 'red', 'g'": lambda: form.fill(color="blue"),
            "'tags' of GET / has no choice 'c'": lambda: form.fill(tags=["a", "c"]),
            "3 elements of GET / match 'form', expected one": lambda: page.form(),
            '<input name="text"> of GET / is not a form': lambda: page.form("input[name=text]"),
        }
        for message, call in wrong.items():
            with pytest.raises(PageFailure) as caught:
                call()
            assert message in str(caught.value)
        with pytest.raises(PageFailure, match=r"no button 'Nothing'\. It has: 'Save it', 'delete'"):
            await form.submit(button="Nothing")
        with pytest.raises(TypeError, match=r"not str\. To press a button, write submit\(button='Save it'\)\."):
            await form.submit("Save it")  # type: ignore[arg-type]
        with pytest.raises(AnswerFailure, match="expected a page"):
            await (await site.page("/json")).form().submit()


async def test_other_settings_during_a_test(app: Hyper) -> None:
    async with client(app, settings=Settings(secret_key="another key for a while", session_cookie="other")) as site:
        await (await site.page("/login")).form().submit(name="Ada")
        assert [*site.cookies] == ["other"]
    assert app.settings.session_cookie == "session"
    async with client(app) as site:
        await (await site.page("/login")).form().submit(name="Ada")
        assert [*site.cookies] == ["session"]


async def test_a_folder_has_a_secret_key_in_tests(app: Hyper, tmp_path: Path) -> None:
    async with client(tmp_path, settings=Settings(session_cookie="own")) as site:
        await (await site.page("/login")).form().submit(name="Ada")
        assert [*site.cookies] == ["own"]
    with pytest.raises(TypeError, match="only a Hyper has settings"):
        async with client(lambda scope, receive, send: None, settings=Settings()):  # type: ignore[arg-type, return-value]
            pass
