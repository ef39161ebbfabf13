"""hyperpy's t-strings in an ordinary Python module."""

from string.templatelib import Template

from bench.data import Book, Link, Row, Shop
from bench.engines import Engine
from hyperpy import html


def link(it: Link) -> Template:
    return t"<li><a href={it.url} aria-current={'page' if it.is_current else None}>{it.label}</a></li>"


def book(it: Book) -> Template:
    return t"""\
<li id="book-{it.number}" class={["book", it.shelf, {"sold-out": not it.in_stock}]}>
<a href={it.url} title={it.title}>{it.title}</a>
<span class="author">{it.author}</span> <span class="price">{it.price}</span>
</li>"""


def Layout(shop: Shop, children: object) -> Template:
    return t"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{shop.title}</title>
<link rel="stylesheet" href="/static/shop.css">
</head>
<body>
<header>
<nav aria-label="Main"><ul>{[link(it) for it in shop.links]}</ul></nav>
<p>Welcome back, <b>{shop.visitor}</b></p>
</header>
<main>{children}</main>
<footer>© {shop.year} The corner bookshop</footer>
</body>
</html>"""


def page(shop: Shop) -> str:
    return html(t"""<{Layout} {shop}>
<h1>{shop.title}</h1>
<form action="/search"><input type="search" name="q" value={shop.search}> <button>Search</button></form>
<p>{len(shop.books)} books</p>
<ul class="books">{[book(it) for it in shop.books]}</ul>
</{Layout}>""")


def fragment(it: Book) -> str:
    return html(book(it))


def table(rows: list[Row]) -> str:
    return html(t"<table>{[t'<tr>{[t"<td>{cell}</td>" for cell in row]}</tr>' for row in rows]}</table>")


ENGINE = Engine(page, fragment, table)
