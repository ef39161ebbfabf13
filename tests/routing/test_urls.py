import pytest

from hyperpy.exceptions import RouteError, did_you_mean_path
from hyperpy.routing import Match, Router, URLPatterns
from hyperpy.routing.urls import build_path, missing_parameter, pattern_problem
from tests.routing.conftest import Found

FILES = ("index.py", "users/{user_id}.py", "files/{...path}.py", "my page.py", "café/{a}/{b}.py", ".well-known/x.py")

BUILT = [
    ("/", {}, "/"),
    ("/my page", {}, "/my%20page"),
    ("/users/{user_id}", {"user_id": "7"}, "/users/7"),
    ("/users/{user_id}", {"user_id": "TCP/IP ?#%é"}, "/users/TCP%2FIP%20%3F%23%25%C3%A9"),
    ("/users/{user_id}", {"user_id": "..."}, "/users/..."),
    ("/files/{...path}", {"path": "a b/c%2Fd/é"}, "/files/a%20b/c%252Fd/%C3%A9"),
    ("/café/{a}/{b}", {"a": "1", "b": "{a}"}, "/caf%C3%A9/1/%7Ba%7D"),
    ("/cafe\u0301/{a}/{b}", {"a": "1", "b": "2"}, "/caf%C3%A9/1/2"),
    ("/.well-known/x", {}, "/.well-known/x"),
]


def test_a_built_path_leads_back_to_its_route_and_values(found: Found) -> None:
    discovery = found(*FILES)
    router = Router((file, file.url) for file in discovery.routes)
    patterns = URLPatterns(discovery.routes)
    for pattern, values, path in BUILT:
        assert patterns.problem(pattern, values) is None, pattern
        assert build_path(pattern, values) == path, pattern
        match = router.match(path.encode())
        assert isinstance(match, Match), path
        assert match.params == values


UNFIT = ["", ".", "..", "a\0b", "a/..", "a\\..\\b", "\ud800"]


def test_values_that_no_path_can_contain() -> None:
    for value in UNFIT:
        assert build_path("/users/{user_id}", {"user_id": value}) is None, value
        assert build_path("/files/{...path}", {"path": f"a/{value}/b"}) is None, value
    assert build_path("/files/{...path}", {"path": "/etc/passwd"}) is None


PROBLEMS = [
    ("users", "doesn't start with a slash", 'Write url("/users").'),
    ("", "doesn't start with a slash", 'Write url("/").'),
    ("/users?page=2", "no query", 'url("/users", page=2)'),
    ("/users#top", "no query", '"#top"'),
    ("/users/x{id}", "whole segment", "`{id}`"),
    ("/users/{id", "whole segment", "{name}"),
    ("/user/{user_id}", "no route file", "Did you mean `/users/{user_id}`?"),
    ("/users/{id}", "no route file", "Did you mean `/users/{user_id}`?"),
    ("/users/7", "no route file", "Did you mean `/users/{user_id}`?"),
    ("/users/{user_id}/", "no route file", "Did you mean `/users/{user_id}`?"),
    ("/nothing/like/that", "no route file", "request.url_for(name)"),
    ("/nothing/{of}/that", "no route file", "Create `routes/nothing/{of}/that.py`. For a route or mount"),
    ("/my pages", "no route file", "Did you mean `/my page`? Otherwise, create `routes/my pages.py`."),
    ("/user/7", "no route file", "Did you mean `/users/{user_id}`?"),
    ("/my paths/x", "no route file", "Create `routes/my paths/x.py`."),
    ("/users/{user_id}", "needs a value for `user_id`", 'url("/users/{user_id}", user_id=…)'),
    ("/café/{a}/{b}", "needs a value for `a`", "a=…, b=…"),
]


def test_problems_name_the_remedy(found: Found) -> None:
    patterns = URLPatterns(found(*FILES).routes)
    for pattern, what, hint in PROBLEMS:
        problem = patterns.problem(pattern, ())
        assert problem is not None, pattern
        assert (what in problem.what, hint in problem.hint) == (True, True), problem


SIMILAR_PATHS = [
    ("/about", ["/logout", "/account"], ""),
    ("/log-in", ["/log-out", "/login"], "/login"),
    ("/account/orders", ["/account/logout", "/account"], ""),
    ("/accounts/order", ["/account/other", "/account/orders"], "/account/orders"),
    ("/Help", ["/", "/help"], "/help"),
    ("/task/{}/edit", ["/tasks", "/tasks/{id}", "/tasks/{id}/edit"], "/tasks/{id}/edit"),
    ("/about", ["/{slug}", "/{...path}"], ""),
    ("/", ["/{slug}", "/help"], ""),
    ("/help", [], ""),
]


def test_only_paths_with_similar_segments_are_suggested() -> None:
    for path, known, expected in SIMILAR_PATHS:
        assert did_you_mean_path(path, known) == (f"Did you mean `{expected}`?" if expected else ""), path


def test_what_is_not_a_problem(found: Found) -> None:
    patterns = URLPatterns(found(*FILES).routes)
    for pattern in ("/static/a b.css", "/static/{name}", "/_hyper/stream.js", "/users/{user_id}"):
        assert patterns.problem(pattern, None) is None, pattern
    assert pattern_problem("/not/known/here") is None
    assert missing_parameter("/static/{name}", ["name", "page"]) is None


def test_an_invalid_pattern_can_not_be_built() -> None:
    with pytest.raises(RouteError):
        build_path("/x{y}", {})
