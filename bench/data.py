"""Test data that every peer renders: a bookshop page and a table. It never changes, and much of it needs escaping."""

from dataclasses import dataclass

type Row = list[int | str]


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Book:
    number: int
    title: str
    author: str
    url: str
    shelf: str
    price: str
    in_stock: bool


@dataclass(frozen=True, slots=True)
class Shop:
    title: str
    visitor: str
    search: str
    links: list[Link]
    books: list[Book]
    year: int


_TITLES = ('"Cooking" for <b>one</b> & two', "A short history of tea", "Knots, bends & hitches", "Under the old bridge")
_AUTHORS = ("Mary O'Hara", "J. Smith & Sons", "Liv Berg")
_SHELVES = ("kitchen", "travel", "craft", "fiction", "poetry")


def _book(number: int) -> Book:
    return Book(
        number=number,
        title=f"{_TITLES[number % 4]}, volume {number}",
        author=_AUTHORS[number % 3],
        url=f"/books/{number}?shelf={_SHELVES[number % 5]}&sort=new",
        shelf=_SHELVES[number % 5],
        price=f"{5 + number % 9}.{number * 7 % 100:02} €",
        in_stock=number % 6 != 0,
    )


SHOP = Shop(
    title="New & used <books>",
    visitor='Anna "Annie" Lind',
    search='tea & "biscuits" < 10 €',
    links=[
        Link("/", "Start", is_current=False),
        Link("/books?sort=new&in=stock", "Books", is_current=True),
        Link("/authors", "Authors A to Z", is_current=False),
        Link("/orders?year=2026&open=1", "Orders & returns", is_current=False),
        Link("/account", "Your account", is_current=False),
    ],
    books=[_book(number) for number in range(1, 31)],
    year=2026,
)

TABLE: list[Row] = [
    [
        number,
        f"item {number}",
        number * number,
        f"<i>{number}</i>",
        "in the storehouse",
        number % 17,
        f'{number} < {number + 1} & "more"',
        f"it's {number % 24} o'clock",
        1_000_000 - number,
        "ready",
    ]
    for number in range(1000)
]
