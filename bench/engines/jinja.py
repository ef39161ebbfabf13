"""Jinja2 with autoescaping and precompiled templates."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from bench.data import Book, Row, Shop
from bench.engines import Engine

FOLDER = Path(__file__).parent.parent / "templates"
ENVIRONMENT = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, auto_reload=False)

_page = ENVIRONMENT.get_template("page.html")
_book = ENVIRONMENT.get_template("book.html")
_table = ENVIRONMENT.get_template("table.html")


def page(shop: Shop) -> str:
    return _page.render(shop=shop)


def fragment(it: Book) -> str:
    return _book.render(it=it)


def table(rows: list[Row]) -> str:
    return _table.render(rows=rows)


ENGINE = Engine(page, fragment, table)
