from collections.abc import Callable

import pytest

from hyperpy.exceptions import RouteConflictError
from hyperpy.routing import Discovery, ErrorPages

type Found = Callable[..., Discovery]

SITE = (
    "_404.py",
    "_error.py",
    "users/_404.py",
    "users/{id}/posts/_404.py",
    "{lang}/_404.py",
    "{lang}/help/faq/_404.py",
    "café/_404.py",
)


def error_pages(discovery: Discovery) -> ErrorPages[str]:
    return ErrorPages((page, page.path.relative_to(discovery.folder).as_posix()) for page in discovery.error_pages)


NEAREST = [
    ("/", "_404.py"),
    ("/users", "users/_404.py"),
    ("/users/", "users/_404.py"),
    ("/users/7/x/y", "users/_404.py"),
    ("/users/7/posts", "users/{id}/posts/_404.py"),
    ("/users/7/posts/8/more", "users/{id}/posts/_404.py"),
    ("/de", "{lang}/_404.py"),
    ("/de/help", "{lang}/_404.py"),
    ("/de/help/faq/x", "{lang}/help/faq/_404.py"),
    ("/users/help", "users/_404.py"),
    ("/users/help/faq", "{lang}/help/faq/_404.py"),
    ("/caf%C3%A9/x", "café/_404.py"),
    ("/%75sers/x", "users/_404.py"),
    # invalid paths
    ("//", "_404.py"),
    ("/%00/users", "_404.py"),
    ("/users/%00", "users/_404.py"),
    ("/users//x", "users/_404.py"),
    ("/users/../x", "users/_404.py"),
    ("/users/7/posts/a%2F..", "users/{id}/posts/_404.py"),
    ("*", "_404.py"),
]


def test_the_page_in_the_deepest_folder_is_nearest(found: Found) -> None:
    pages = error_pages(found(*SITE))
    assert [(path, pages.nearest(["_404"], path.encode())) for path, _ in NEAREST] == NEAREST


def test_each_name_has_its_own_folders(found: Found) -> None:
    pages = error_pages(found(*SITE))
    assert pages.nearest(["_error"], b"/users/7") == "_error.py"


def test_a_site_may_have_no_error_pages(found: Found) -> None:
    pages = error_pages(found("users/_404.py"))
    assert pages.nearest(["_404"], b"/about") is None
    assert pages.nearest(["_error"], b"/users") is None


def test_two_pages_for_the_same_urls_conflict(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    discovery = found("{id}/_404.py", "{slug}/_404.py", "{slug}/_error.py")
    monkeypatch.chdir(discovery.folder)
    with pytest.raises(RouteConflictError) as caught:
        error_pages(discovery)
    assert "{slug}/_404.py" in str(caught.value)
    assert "`{id}/_404.py`: /{}" in str(caught.value)


def test_the_nearest_of_both_names(found: Found) -> None:
    pages = error_pages(found("_404.py", "_error.py", "api/_error.py", "api/v1/_404.py", "shop/_404.py"))
    expected = {
        "/x": "_404.py",
        "/api/x": "api/_error.py",
        "/api/v1/x": "api/v1/_404.py",
        "/shop/x": "shop/_404.py",
    }
    assert {path: pages.nearest(["_404", "_error"], path.encode()) for path in expected} == expected
