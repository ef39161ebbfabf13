"""Values inside URLs, mappings as queries, lists of URLs, and refreshes."""

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup, TrustedURL
from tests.templates.tables import Render, check_each

HOSTILE = 'a b/ü?c=1&d="2"#\'%41%zz<'
PATH = "a%20b/%C3%BC?c=1&amp;d=%222%22#&#39;%41%25zz%3C"
SEGMENT = "a%20b/%C3%BC%3Fc=1&amp;d=%222%22%23&#39;%41%25zz%3C"
QUERY = "a%20b%2F%C3%BC%3Fc%3D1%26d%3D%222%22%23%27%2541%25zz%3C"

PARTS = [
    ("<a href={HOSTILE}>", f'<a href="{PATH}">'),
    ("<a href='{HOSTILE}'>", f'<a href="{PATH}">'),
    ("<a href='{HOSTILE}/x'>", f'<a href="{PATH}/x">'),
    ("<a href='/{HOSTILE}'>", f'<a href="/{SEGMENT}">'),
    ("<a href='/x/{HOSTILE}/y?q={HOSTILE}'>", f'<a href="/x/{SEGMENT}/y?q={QUERY}">'),
    ("<a href='/x?q={HOSTILE}&r={HOSTILE}'>", f'<a href="/x?q={QUERY}&r={QUERY}">'),
    ("<a href='/x#{HOSTILE}'>", f'<a href="/x#{QUERY}">'),
    ("<a href='/x&quest;q={HOSTILE}'>", f'<a href="/x&quest;q={QUERY}">'),
    ("<a href='{'/x?a=1'}&q={HOSTILE}'>", f'<a href="/x?a=1&q={QUERY}">'),
    ("<a href=//host/{HOSTILE}>", f'<a href="//host/{SEGMENT}">'),
    ("<img src='/i/{HOSTILE}'>", f'<img src="/i/{SEGMENT}">'),
    ("<form action='/x?{HOSTILE}'>", f'<form action="/x?{QUERY}">'),
    ("<p hx-get='/x/{HOSTILE}?{HOSTILE}'>", f'<p hx-get="/x/{SEGMENT}?{QUERY}">'),
    ("<base href={HOSTILE}>", f'<base href="{PATH}">'),
    ("<base href='/x/{HOSTILE}' target={'_top'}>", f'<base href="/x/{SEGMENT}" target="_top">'),
    ("<object data='/x/{HOSTILE}'></object>", f'<object data="/x/{SEGMENT}"></object>'),
    # white space is dropped at the ends, as browsers do, and encoded inside
    (r"<a href={' \n/a\tb \0'}>", '<a href="/ab">'),
    (r"<a href='/x/{'a\tb'}'>", '<a href="/x/a%09b">'),
    (r"<a href='/x/{'\ud800'}?{'\ud800'}'>", '<a href="/x/%3F?%3F">'),
    # values that are not text
    ("<a href='/x/{7}?n={8}&f={1.5}&none={None}&b={True}'>", '<a href="/x/7?n=8&f=1.5&none=&b=">'),
    ("<a href='/x/{Markup('a&amp;b')}?{Markup('&lt;')}'>", '<a href="/x/a&amp;b?%3C">'),
    ("<a href='/x/{t'&lt;{7}>'}'>", '<a href="/x/%3C7%3E">'),
    # a value can't change the host
    ("<a href='/{'/evil.example'}'>", '<a href="/evil.example">'),
    ("<a href='/{'//evil.example'}/x'>", '<a href="/evil.example/x">'),
    ("<a href='/{''}{'/evil.example'}'>", '<a href="/evil.example">'),
    ("<a href=' /{'/evil.example'}'>", '<a href=" /evil.example">'),
    ("<a href='/{''}/{'evil.example'}'>", '<a href="/evil.example">'),
    ("<a href='&#47;{'/evil.example'}'>", '<a href="&#47;evil.example">'),
    ("<a href='/&Tab;{'/evil.example'}'>", '<a href="/&Tab;evil.example">'),
    (r"<a href='\\{'/evil.example'}'>", r'<a href="\evil.example">'),
    ("<a href='{''}/{'/evil.example'}'>", '<a href="/evil.example">'),
    ("<a href='{False}/{'/evil.example'}'>", '<a href="/evil.example">'),
    ("<a href='{True}{None}/{'/evil.example'}'>", '<a href="/evil.example">'),
    ("<a href='{Markup('')}/{'/evil.example'}'>", '<a href="/evil.example">'),
    ("<a href='{t''}/{'/evil.example'}'>", '<a href="/evil.example">'),
    (r"<a href='{False}\\{'/evil.example'}'>", '<a href="/evil.example">'),
    ("<a href='{'https://good.example'}/{'a'}'>", '<a href="https://good.example/a">'),
    (r"<a href='/{'\\evil.example'}'>", '<a href="/%5Cevil.example">'),
    (r"<a href='/{'\t/evil.example'}'>", '<a href="/%09/evil.example">'),
]  # fmt: skip


def test_parts(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(source: str, expected: str) -> None:
        caplog.clear()
        for _ in range(2):  # the second time from the cache
            assert render(source) == expected
        assert not caplog.records

    check_each(PARTS, check)


IN_PATHS = [
    # a segment is one, and may be several
    ("/tags/{x}", "what?", "/tags/what%3F"),
    ("/tags/{x}/edit", "c#", "/tags/c%23/edit"),
    ("/files/{x}", "a/b c/d.txt", "/files/a/b%20c/d.txt"),
    ("/files/{x}?raw=1", "a?b#c", "/files/a%3Fb%23c?raw=1"),
    ("{'/base'}/{x}", "a?b", "/base/a%3Fb"),
    ("https://example.com/{x}", "a?b", "https://example.com/a%3Fb"),
    ("./{x}", "a#b", "./a%23b"),
    ("/user-{x}", "?admin", "/user-%3Fadmin"),
    ("/img/{'a'}.{x}", "?b", "/img/a.%3Fb"),
    ("mailto:{x}", "ada@example.com?bcc=bob@example.com", "mailto:ada@example.com%3Fbcc=bob@example.com"),
    # after a letter, a digit or another value, it may be all that follows
    ("/tasks{x}", "?page=2&q=a b", "/tasks?page=2&amp;q=a%20b"),
    ("/tasks{x}", "#last", "/tasks#last"),
    ("/tasks{x}", "/7?edit=..", "/tasks/7?edit=.."),
    ("/tasks{x}", "-old?", "/tasks-old%3F"),
    ("/tasks/{7}{x}", "?page=2", "/tasks/7?page=2"),
    ("/files/{'.'}{x}", "?sort=name", "/files/?sort=name"),
    # before or in the host, it is the rest of the URL
    ("https://{x}", "example.com/a?b=c#d", "https://example.com/a?b=c#d"),
    ("{'https'}://{x}", "example.com/a?b", "https://example.com/a?b"),
    ("https://example.com{x}", "?a=b", "https://example.com?a=b"),
    ("{''}{x}", "../a?b", "../a?b"),
    # dot segments stay within the value
    ("/files/{x}", ".", "/files/"),
    ("/files/{x}", "./a", "/files/a"),
    ("/files/{x}", "a/../b", "/files/b"),
    ("/files/{x}", "a/b/..", "/files/a/"),
    ("/files/{x}", "a/%2E%2e/%2e", "/files/"),
    ("/files/{x}", "..a/.b/c..", "/files/..a/.b/c.."),
    ("/files/{x}", "…/...", "/files/%E2%80%A6/..."),
    (r"/files/{x}", "..\\a", "/files/..%5Ca"),
    ("/v{x}", "1/./2", "/v1/2"),
    ("/{x}", "a/..//evil.example", "/evil.example"),
]  # fmt: skip


def test_values_in_paths(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(url: str, value: str, expected: str) -> None:
        for name in ("href", "hx-post", "formaction"):
            for _ in range(2):
                assert render(f'<p {name}="{url}">', x=value) == f'<p {name}="{expected}">'
        assert not caplog.records

    check_each(IN_PATHS, check)


CLIMBING = [
    ("/files/{x}", ".."),
    ("/files/{x}", "../admin"),
    ("/files/{x}", "%2e%2E/admin"),
    ("/files/{x}", ".%2e/admin"),
    ("/files/{x}", "a/../../b"),
    ("/files/{x}", "a/../.."),
    ("/files/{x}", "./../a"),
    ("/files/{x}/done", "../../logout?"),
    ("/files/{x}", "?/../.."),
    ("/{x}/edit", ".."),
    ("{'/files'}/{x}", ".."),
    ("../{x}", ".."),
    ("/user-{x}", "a/../b"[1:]),
    ("/files{x}", "/../admin"),
    ("/files{x}", "/a/../../b"),
    ("/files/{''}{x}", "../admin"),
    ("/files/{''}{x}", "."),
    ("/files/.{x}", "./admin"),
    ("/img/{''}.{x}", "./admin"),
]


def test_values_that_lead_out_of_a_path(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(url: str, value: str) -> None:
        for name in ("href", "hx-post", "src"):
            caplog.clear()
            assert render(f'<p {name}="{url}">', x=value) == render(f'<p {name}="{url}">', x="")
            assert f"`{name}` of <p> can't be {value!r} (str), sent nothing" in caplog.text
        caplog.clear()
        render(f"<img srcset='{url.replace("'", '"')} 2x'>", x=value)
        assert "sent nothing" in caplog.text

    check_each(CLIMBING, check)


IN_LISTS = [
    ("<img srcset='/i/{x} 2x'>", "a?b,c#'", '<img srcset="/i/a%3Fb%2Cc%23%27 2x">'),
    ("<img srcset='/i{x} 2x'>", "?w=1,2", '<img srcset="/i?w=1%2C2 2x">'),
    ("<img srcset='/{x} 2x'>", "a?b", '<img srcset="/a%3Fb 2x">'),
    ("<img srcset='/{x} 2x'>", "a/..//evil", '<img srcset="/evil 2x">'),
    (
        "<meta http-equiv=refresh content='0;url=/a/{x}'>",
        "b?c'",
        '<meta http-equiv="refresh" content="0;url=/a/b%3Fc%27">',
    ),
    ("<p style=\"background: url('/i/{x}')\">", "a?b#c,'", '<p style="background: url(&#39;/i/a%3Fb%23c,%27&#39;)">'),
    ("<p style=\"background: url('/i{x}')\">", "?b=1", '<p style="background: url(&#39;/i?b=1&#39;)">'),
    ("<p style=\"background: url('/{x}')\">", "a/..//b", '<p style="background: url(&#39;/b&#39;)">'),
    ("""<a :href="'/x?q={x}'">""", "a&b", '<a :href="&#39;/x?q=a\\u002526b&#39;">'),
]


def test_values_in_paths_in_lists_styles_and_bindings(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(source: str, value: str, expected: str) -> None:
        assert render(source, x=value) == expected
        assert not caplog.records

    check_each(IN_LISTS, check)


@pytest.mark.parametrize(
    "source",
    [
        "<p style=\"background: url('/i/{x}')\">",
        "<p style=\"background: url('/{x}/b')\">",
        "<style>p {{ background: url('/i/{x}') }}</style>",
        """<a :href="'/x/{x}'">""",
        """<a :href="'/x/' + {x}">""",
    ],
)
def test_values_that_lead_out_elsewhere(render: Render, caplog: pytest.LogCaptureFixture, source: str) -> None:
    assert ".." not in render(source, x="../a")
    assert "sent nothing" in caplog.text


MAPPINGS = [
    ({"a": 1, "b c": "d&e=f"}, "a=1&amp;b%20c=d%26e%3Df"),
    ({"tag": ["x", "y"], "none": None, "on": True, "empty": ""}, "tag=x&amp;tag=y&amp;on=true&amp;empty="),
    ({"n": [None, 2]}, "n=2"),
    ({}, ""),
    ({1: Markup("&lt;")}, "1=%3C"),
]


def test_mappings_become_queries(render: Render) -> None:
    def check(mapping: dict[object, object], sent: str) -> None:
        assert render("<a href='/x?{mapping}'>", mapping=mapping) == f'<a href="/x?{sent}">'
        assert render("<a href='/x?z=1&{mapping}#y'>", mapping=mapping) == f'<a href="/x?z=1&{sent}#y">'

    check_each(MAPPINGS, check)


HOSTS = [
    # (start of the URL, rest, what it becomes with a value that is fit); values for another host become nothing
    ("https://example.com", "", "/a b", "/a%20b"),
    ("https://example.com", "/b", "", ""),
    ("//example.com", "", "?q=1", "?q=1"),
    ("HTTP://example.com", "#x", ":8080/a", ":8080/a"),
    ("http://localhost:80", "", "/a,b", "/a%2Cb"),
    ("https:/example.com", "", "/a", "/a"),
    (r"https:\\example.com", "", "/a", "/a"),
    ("https://", ".example.com/", "shop", "shop"),
    ("https://", ":8080/", "[::1]", "[::1]"),
    ("https://shop-", ".example.com", "2", "2"),
    ("https://example.", "", "co.uk", "co.uk"),
]


def test_a_value_can_not_change_a_host_that_is_written_out(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(start: str, rest: str, fit: str, sent: str) -> None:
        def written(name: str, value: str, before: str = "", after: str = "") -> str:
            html = render(f"<p {name}='{before}{start}{{value}}{rest}{after}'>", value=value)
            return html.removeprefix(f'<p {name}="{before}').removesuffix(f'{after}">')

        begins, unfit = start.replace("\\\\", "\\"), ["@evil.example/", "\\evil.example", "a@evil.example"]
        unfit += [":1@evil.example", "evil.example/" if rest or start.endswith((".", "-")) else ".evil.example"]
        for name, before, after in (("href", "", ""), ("ping", "/x ", " /y"), ("srcset", "", " 1x, /y 2x")):
            caplog.clear()
            assert written(name, fit, before, after) == f"{begins}{sent}{rest}"
            assert not caplog.records
            for value in unfit:
                assert written(name, value, before, after) == f"{begins}{rest}", value
                assert "sent nothing" in caplog.text
        if not rest:
            code = render(f"""<p :href="'{start.replace("\\", "/")}{{value}}'">""", value="@evil.example")
            assert "evil" not in code

    check_each(HOSTS, check)
    # A value that begins the host chooses it.
    assert render("<a href='https://{x}/y'>", x="example.com:80/a") == '<a href="https://example.com:80/a/y">'
    assert render("<a href='https://example.com{x}'>", x=TrustedURL("@a")) == '<a href="https://example.com@a">'


SETS_LISTS_AND_REFRESHES = [
    # a value can't change the host
    ("<meta http-equiv=refresh content='0;url=/{'/evil'}'>", '<meta http-equiv="refresh" content="0;url=/evil">'),
    ("<meta http-equiv=refresh content='0;url=&#47;{''}/{1}'>", '<meta http-equiv="refresh" content="0;url=&#47;./1">'),
    (r"<img srcset='/x 1x, /{'/evil'} 2x,\\{'/evil'}'>", r'<img srcset="/x 1x, /evil 2x,\evil">'),
    ("<a ping='/a /{'/evil'}'>", '<a ping="/a /evil">'),
    ("<meta http-equiv=refresh content='0;url={''}/{'/evil'}'>", '<meta http-equiv="refresh" content="0;url=/evil">'),
    ("<meta http-equiv=refresh content='0;url={'/a'}/{'/b'}'>", '<meta http-equiv="refresh" content="0;url=/a/b">'),
    ("<img srcset='{''}/{'/evil'} 1x, {''}{None}/{'/evil'} 2x'>", '<img srcset="/evil 1x, /evil 2x">'),
    ("<a ping='{''}/{'/evil'} {'//cdn.example'}/{'a'}'>", '<a ping="/evil //cdn.example/a">'),
    ("<svg><animate values='{''}/{'/evil'}' /></svg>", '<svg><animate values="/evil" /></svg>'),
    (
        "<svg><animate values='/{'/evil'};/{'a'}' to={'url(#a)'} /></svg>",
        '<svg><animate values="/evil;/a" to="url(#a)" /></svg>',
    ),
    ("<img srcset='{'/a b,c'} 1x, {'/d'} {2}x'>", '<img srcset="/a%20b%2Cc 1x, /d 2x">'),
    ("<img srcset='/a/{','}?{', '} 1x,{'/b'} {'100w'}'>", '<img srcset="/a/%2C?%2C%20 1x,/b 100w">'),
    ("<img srcset='{'/a'}, {'/b'}'>", '<img srcset="/a, /b">'),
    ("<link imagesrcset='{'/a'} 1x'>", '<link imagesrcset="/a 1x">'),
    ("<img srcset='{'data:image/png;base64,AA='} 1x'>", '<img srcset="data:image/png;base64,AA= 1x">'),
    ("<a ping='/a {'/b c,d'} /e?{'?'}'>", '<a ping="/a /b%20c%2Cd /e?%3F">'),
    ("<meta http-equiv=refresh content='5;url={'/a b'}'>", '<meta http-equiv="refresh" content="5;url=/a%20b">'),
    (
        r"""<meta http-equiv=refresh content='{5}; URL = &quot;{"/'\""}?q={"'"}&quot;'>""",
        '<meta http-equiv="refresh" content="5; URL = &quot;/%27%22?q=%27&quot;">',
    ),
    ("<meta content={'3; url=/x'} http-equiv=Refresh>", '<meta content="3; url=/x" http-equiv="Refresh">'),
    ("<meta http-equiv=refresh content={10}>", '<meta http-equiv="refresh" content="10">'),
    ("<meta http-equiv=refresh content>", '<meta http-equiv="refresh" content>'),
    ("<meta http-equiv=refresh>{1}", '<meta http-equiv="refresh">1'),
    ("<meta http-equiv=x-y content='{'a:b'}'>", '<meta http-equiv="x-y" content="a:b">'),
    ("<meta http-equiv content='{'a:b'}'>", '<meta http-equiv content="a:b">'),
]


def test_sets_lists_and_refreshes(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(source: str, expected: str) -> None:
        caplog.clear()
        assert render(source) == expected
        assert not caplog.records

    check_each(SETS_LISTS_AND_REFRESHES, check)


UNSAFE = [
    ("<svg><set to={'url(//evil)'} /></svg>", '<svg><set to="#blocked" /></svg>'),
    (r"<svg><set to={'u\\72l(//evil)'} /></svg>", '<svg><set to="#blocked" /></svg>'),
    ("<img srcset='/a {'1x, javascript:1 2x'}'>", '<img srcset="/a ">'),
    ("<img srcset='{'javascript:1'} 1x, /b 2x'>", '<img srcset="#blocked">'),
    ("<a ping='/a {'javascript:1'}'>", '<a ping="#blocked">'),
    ("<base href={'javascript:1'}>", '<base href="#blocked">'),
    ("<object data={'data:image/svg+xml,<svg>'}>", '<object data="#blocked">'),
    ("<meta http-equiv=refresh content='{'0;url=//evil'};url=/x'>", '<meta http-equiv="refresh" content=";url=/x">'),
    ("<meta http-equiv=refresh content='0;url={'javascript:1'}'>", '<meta http-equiv="refresh" content="#blocked">'),
    ("""<meta http-equiv=refresh content={"0;'javascript:1"}>""", '<meta http-equiv="refresh" content="#blocked">'),
    ("<meta http-equiv=refresh content={'0,url=data:text/html,x'}>", '<meta http-equiv="refresh" content="#blocked">'),
    ("<meta http-equiv=refresh content={'x'}>", '<meta http-equiv="refresh" content="#blocked">'),
]


def test_unsafe_values(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(source: str, expected: str) -> None:
        caplog.clear()
        assert render(source) == expected
        assert "sent " in caplog.text

    check_each(UNSAFE, check)


JS = TrustedURL("javascript:go('a')&1")


TRUSTED_URLS = [
    ("<a href={JS}>", '<a href="javascript:go(&#39;a&#39;)&amp;1">'),
    ("<a href='{JS};{'a b'}'>", '<a href="javascript:go(&#39;a&#39;)&amp;1;a%20b">'),
    ("<a href='/x?{TrustedURL('a=b&c')}'>", '<a href="/x?a=b&amp;c">'),
    ("<a { {'href': JS}:**}>", '<a href="javascript:go(&#39;a&#39;)&amp;1">'),
    (
        "<meta http-equiv=refresh content={TrustedURL('0;url=data:,')}>",
        '<meta http-equiv="refresh" content="0;url=data:,">',
    ),
    # half a scheme doesn't make the other half trusted
    ("<a href='{TrustedURL('java')}{'script:1'}'>", '<a href="#blocked">'),
    ("<a href='{'java'}{TrustedURL('script:1')}'>", '<a href="#blocked">'),
    ("<a href='{str(JS)}'>", '<a href="#blocked">'),
    ("<p title={JS}>{JS}", '<p title="javascript:go(&#39;a&#39;)&amp;1">javascript:go(&#39;a&#39;)&amp;1'),
]


def test_trusted_urls(render: Render) -> None:
    def check(source: str, expected: str) -> None:
        assert render(source) == expected

    check_each(TRUSTED_URLS, check)


def test_trust_does_not_spread() -> None:
    assert type(JS + "x") is str
    assert repr(TrustedURL("x")) == "TrustedURL('x')"


REFUSED = [
    ("<a href='/x/{ {'a': 1} }'>", "a mapping becomes the query of a URL, and can't be used here"),
    ("<a href={ {'a': 1} }>", "a template can't render a dict"),
    ("<a href='/x/{['a']}'>", "an attribute value can't be a list"),
    ("<a href='/x/{b'a'}'>", "b'a' (bytes) is not text"),
    ("<base { {'href': '/x'}:**}>", "`<base href>` affects the whole page, so a mapping can't set it"),
    ("<button hx-post={len}>", "the function `len` is not a URL"),
    ("<form action={''.join}>", "the function `join` is not a URL"),
]


def test_refused_values(render: Render) -> None:
    def check(source: str, what: str) -> None:
        with pytest.raises(TemplateError) as caught:
            render(source)
        assert caught.value.what.startswith(what)

    check_each(REFUSED, check)
