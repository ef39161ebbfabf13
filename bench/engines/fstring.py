"""Hand-written f-strings with escaping: the cost of plain Python without a template engine."""

from collections.abc import Callable

from markupsafe import escape
from markupsafe._speedups import _escape_inner

from bench.data import Book, Link, Row, Shop
from bench.engines import Engine


def engine(e: Callable[[object], str]) -> Engine:
    """The documents as f-strings; `e` escapes a value."""

    def table(rows: list[Row]) -> str:
        lines = [f"<tr>{''.join([f'<td>{e(cell)}</td>' for cell in row])}</tr>" for row in rows]
        return f"<table>{''.join(lines)}</table>"

    def link(it: Link) -> str:
        current = ' aria-current="page"' if it.is_current else ""
        return f'<li><a href="{e(it.url)}"{current}>{e(it.label)}</a></li>'

    def book(it: Book) -> str:
        return f"""\
<li id="book-{e(it.number)}" class="book {e(it.shelf)}{"" if it.in_stock else " sold-out"}">
<a href="{e(it.url)}" title="{e(it.title)}">{e(it.title)}</a>
<span class="author">{e(it.author)}</span> <span class="price">{e(it.price)}</span>
</li>"""

    def layout(shop: Shop, content: str) -> str:
        return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{e(shop.title)}</title>
<link rel="stylesheet" href="/static/shop.css">
</head>
<body>
<header>
<nav aria-label="Main"><ul>{"".join([link(it) for it in shop.links])}</ul></nav>
<p>Welcome back, <b>{e(shop.visitor)}</b></p>
</header>
<main>{content}</main>
<footer>© {e(shop.year)} The corner bookshop</footer>
</body>
</html>"""

    def page(shop: Shop) -> str:
        content = f"""
<h1>{e(shop.title)}</h1>
<form action="/search"><input type="search" name="q" value="{e(shop.search)}"> <button>Search</button></form>
<p>{len(shop.books)} books</p>
<ul class="books">{"".join([book(it) for it in shop.books])}</ul>
"""
        return layout(shop, content)

    return Engine(page, book, table)


def _escape(value: object) -> str:
    """Escape like `markupsafe.escape`, but without creating a Markup object."""
    return _escape_inner(value if type(value) is str else str(value))


BASELINE = engine(escape)
FLOOR = engine(_escape)
