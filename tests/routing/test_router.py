from collections.abc import Callable

import pytest

from hyperpy.exceptions import RouteConflictError
from hyperpy.routing import CanonicalRedirect, Discovery, Match, Router
from hyperpy.routing.tree import TreeNode

type Found = Callable[..., Discovery]

SITE = (
    "index.py",
    "about.py",
    "users/index.py",
    "users/me.py",
    "users/{user_id}.py",
    "users/{user_id}/posts/{post_id}.py",
    "a/{x}/c.py",
    "a/b/d.py",
    "left/{id}/a.py",
    "left/{slug}/b.py",
    "docs/{version}/index.py",
    "docs/{version}/edit.py",
    "docs/{...path}.py",
    "my page.py",
    "café.py",
    "a;b=c.py",
    "50%.py",
    "robots.txt.py",
    "teams/{team}/{...path}.py",
    "_base.py",
    "_private/page.py",
    "users/_card.py",
    "__init__.py",
)


def router(discovery: Discovery) -> Router[str]:
    return Router((route, route.path.relative_to(discovery.folder).as_posix()) for route in discovery.routes)


MATCHES = [
    # literal
    ("/", "index.py", {}),
    ("/about", "about.py", {}),
    ("/%61bout", "about.py", {}),
    ("/users", "users/index.py", {}),
    ("/my%20page", "my page.py", {}),
    ("/caf%C3%A9", "café.py", {}),
    ("/a;b=c", "a;b=c.py", {}),
    ("/a%3Bb%3Dc", "a;b=c.py", {}),
    ("/50%25", "50%.py", {}),
    ("/50%", "50%.py", {}),
    ("/robots.txt", "robots.txt.py", {}),
    # literal, then {name}, then {...name}
    ("/users/me", "users/me.py", {}),
    ("/users/42", "users/{user_id}.py", {"user_id": "42"}),
    ("/users/42/posts/7", "users/{user_id}/posts/{post_id}.py", {"user_id": "42", "post_id": "7"}),
    ("/users/me/posts/7", "users/{user_id}/posts/{post_id}.py", {"user_id": "me", "post_id": "7"}),
    ("/docs/1", "docs/{version}/index.py", {"version": "1"}),
    ("/docs/1/edit", "docs/{version}/edit.py", {"version": "1"}),
    # backtracking
    ("/a/b/c", "a/{x}/c.py", {"x": "b"}),
    ("/a/b/d", "a/b/d.py", {}),
    ("/docs/1/other", "docs/{...path}.py", {"path": "1/other"}),
    ("/docs/1/edit/2", "docs/{...path}.py", {"path": "1/edit/2"}),
    ("/teams/red/a/b", "teams/{team}/{...path}.py", {"team": "red", "path": "a/b"}),
    # each file has the names of its own path
    ("/left/1/a", "left/{id}/a.py", {"id": "1"}),
    ("/left/1/b", "left/{slug}/b.py", {"slug": "1"}),
    # values are decoded after the path is split
    ("/users/a%20b", "users/{user_id}.py", {"user_id": "a b"}),
    ("/users/%E2%9C%93", "users/{user_id}.py", {"user_id": "✓"}),
    ("/users/a+b", "users/{user_id}.py", {"user_id": "a+b"}),
    ("/users/a%2Fb", "users/{user_id}.py", {"user_id": "a/b"}),
    ("/users/a%2fb", "users/{user_id}.py", {"user_id": "a/b"}),
    ("/users/%252F", "users/{user_id}.py", {"user_id": "%2F"}),
    ("/users/100%", "users/{user_id}.py", {"user_id": "100%"}),
    ("/users/...", "users/{user_id}.py", {"user_id": "..."}),
    ("/users/a..b", "users/{user_id}.py", {"user_id": "a..b"}),
    ("/users/1.", "users/{user_id}.py", {"user_id": "1."}),
    ("/teams/a%2Fb/c", "teams/{team}/{...path}.py", {"team": "a/b", "path": "c"}),
    ("/docs/1/a%2Fb/c", "docs/{...path}.py", {"path": "1/a/b/c"}),
    ("/users/" + "x" * 300, "users/{user_id}.py", {"user_id": "x" * 300}),
]


def test_match(found: Found) -> None:
    routes = router(found(*SITE))
    answers = [(path, routes.match(path.encode())) for path, _, _ in MATCHES]
    assert answers == [(path, Match(target, params)) for path, target, params in MATCHES]


def test_bytes_that_were_not_encoded_are_utf8(found: Found) -> None:
    assert router(found(*SITE)).match("/users/✓".encode()) == Match("users/{user_id}.py", {"user_id": "✓"})


UNMATCHED = [
    b"",
    b"*",
    b"about",
    b"/nope",
    b"/About",
    b"/about/more",
    b"/docs",
    b"/teams/red",
    b"/users/42/posts",
    # empty segments
    b"//",
    b"//etc",
    b"//about",
    b"/users//",
    b"/users//me",
    b"//evil.example/",
    b"//about/",
    # dots, in every spelling
    b"/.",
    b"/..",
    b"/users/..",
    b"/users/../about",
    b"/users/./me",
    b"/users/%2e%2e",
    b"/users/%2E.",
    b"/users/..%2f..%2fetc",
    b"/users/a%2f..",
    b"/users/..%5c",
    b"/users/..%5cetc",
    b"/users/a%5c..%5cb",
    b"/users/..\\etc",
    b"/docs/a/..%2f..%2fetc",
    b"/docs/a/../../etc/passwd",
    b"/docs/%2e%2e/%2e%2e/etc/passwd",
    # NUL and bytes that are not UTF-8
    b"/about%00",
    b"/users/%00",
    b"/users/a\x00b",
    b"/users/%ff",
    b"/users/\xff",
    b"/users/%c0%ae%c0%ae",
    b"/users/%ed%a0%80",
    # an encoded slash at an end of a segment would make an absolute path or an empty segment
    b"/docs/%2Fetc/passwd",
    b"/docs/1/a%2F",
    b"/docs/1/%2F/2",
    b"/docs/a%2F%2Fb/c",
]


def test_no_match(found: Found) -> None:
    routes = router(found(*SITE))
    assert [path for path in UNMATCHED if routes.match(path) is not None] == []


PRIVATE = [
    "/_base",
    "/%5Fbase",
    "/_base.py",
    "/_private/page",
    "/%5fprivate/page",
    "/__init__",
    "/%5F%5Finit%5F%5F",
    "/a/_x/d",
]


def test_private_files_have_no_url(found: Found) -> None:
    routes = router(found(*SITE))
    assert [path for path in PRIVATE if routes.match(path.encode()) is not None] == []


PRIVATE_LOOKING = ["_card", "%5Fcard", "_", "__init__", ".env", "%2Eenv"]


def test_values_may_look_like_private_names(found: Found) -> None:
    routes = router(found(*SITE))
    for value in PRIVATE_LOOKING:
        params = {"user_id": value.replace("%5F", "_").replace("%2E", ".")}
        assert routes.match(f"/users/{value}".encode()) == Match("users/{user_id}.py", params)


CANONICAL = [
    ("/about/", "/about"),
    ("/users/", "/users"),
    ("/users/42/", "/users/42"),
    ("/docs/1/edit/2/", "/docs/1/edit/2"),
    ("/%61bout/", "/about"),
    ("/users/a%2Fb/", "/users/a%2Fb"),
    ("/users/%2F%2Fevil.example/", "/users/%2F%2Fevil.example"),
    ("/users/%5Cevil/", "/users/%5Cevil"),
    ("/users/\\evil/", "/users/%5Cevil"),
    ("/users/a%0D%0Ab/", "/users/a%0D%0Ab"),
    ("/users/a\r\nb/", "/users/a%0D%0Ab"),
    ("/users/✓/", "/users/%E2%9C%93"),
    ("/users/a?b%3Fc%23d/", "/users/a%3Fb%3Fc%23d"),
]


def test_a_trailing_slash_redirects_to_the_canonical_url(found: Found) -> None:
    routes = router(found(*SITE))
    answers = [(path, routes.match(path.encode())) for path, _ in CANONICAL]
    assert answers == [(path, CanonicalRedirect(canonical)) for path, canonical in CANONICAL]


OTHER_HOSTS = [b"//evil.example/", b"/\\evil.example/", b"/%2Fevil.example/", b"/%5Cevil.example/"]


def test_a_redirect_never_leads_to_another_host(found: Found) -> None:
    routes = router(found("index.py", "{name}.py", "docs/{...rest}.py"))
    for path in OTHER_HOSTS:
        answer = routes.match(path)
        if answer is not None:
            assert isinstance(answer, CanonicalRedirect)
            assert answer.path[:4] in ("/%2F", "/%5C")


def test_the_root_may_take_parameters(found: Found) -> None:
    routes = router(found("{name}.py", "{...rest}.py"))
    assert routes.match(b"/") is None
    assert routes.match(b"/a") == Match("{name}.py", {"name": "a"})
    assert routes.match(b"/a/b") == Match("{...rest}.py", {"rest": "a/b"})


def test_two_matches_share_no_params(found: Found) -> None:
    routes = router(found("about.py"))
    first, second = routes.match(b"/about"), routes.match(b"/about")
    assert isinstance(first, Match)
    assert isinstance(second, Match)
    assert first.params is not second.params


def test_any_target_can_be_found(found: Found) -> None:
    discovery = found("about.py", "{x}.py")
    routes: Router[None] = Router((route, None) for route in discovery.routes)
    assert routes.match(b"/about") == Match(None, {})
    assert routes.match(b"/other") == Match(None, {"x": "other"})


@pytest.mark.parametrize(
    ("first", "second", "shape"),
    [
        ("about.py", "about/index.py", "/about"),
        ("{id}.py", "{slug}.py", "/{}"),
        ("{id}.py", "{slug}/index.py", "/{}"),
        ("users/{id}/a.py", "users/{slug}/a.py", "/users/{}/a"),
        ("docs/{...path}.py", "docs/{...rest}.py", "/docs/{...}"),
        ("caf\u00e9.py", "cafe\u0301.py", "/café"),
    ],
)
def test_two_files_for_the_same_urls_conflict(
    found: Found, monkeypatch: pytest.MonkeyPatch, first: str, second: str, shape: str
) -> None:
    discovery = found(first, second)
    if len(discovery.routes) == 1:
        return  # a file system on which both names are the same file
    monkeypatch.chdir(discovery.folder)
    with pytest.raises(RouteConflictError) as caught:
        router(discovery)
    message = str(caught.value)
    assert first in message
    assert second in message
    assert message.splitlines()[0].endswith(f": {shape}")
    assert caught.value.hint


def test_a_lookup_takes_as_many_steps_with_many_routes(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0
    find = TreeNode.find

    def counted(node: TreeNode[object], segments: list[str], at: int = 0) -> object:
        nonlocal steps
        steps += 1
        return find(node, segments, at)

    monkeypatch.setattr(TreeNode, "find", counted)
    few = found("users/{id}/posts/{post}.py")
    many = found(*(f"users/{{id}}/posts{n}/{{post}}.py" for n in range(200)), *(f"p{n}/{{x}}.py" for n in range(200)))
    counts = []
    for discovery in (few, many):
        routes, steps = router(discovery), 0
        assert isinstance(routes.match(b"/users/1/posts/2"), Match)
        counts.append(steps)
    assert counts == [5, 5]


def test_a_very_long_path_needs_no_deeper_stack(found: Found) -> None:
    routes = router(found("{a}/{b}.py", "docs/{...path}.py"))
    assert routes.match(b"/x" * 200_000) is None
    answer = routes.match(b"/docs" + b"/x" * 200_000)
    assert isinstance(answer, Match)
    assert len(answer.params["path"]) == 399_999
