"""The notes on the board."""

from dataclasses import dataclass

from accounts import User
from database import reading, transaction

NEWEST = 50  # how many the board shows


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    author: str
    text: str


def newest_notes() -> list[Note]:
    with reading() as connection:
        return [Note(*row) for row in connection.execute("select * from notes order by id desc limit ?", (NEWEST,))]


def add_note(author: User, text: str) -> None:
    with transaction() as connection:
        connection.execute("insert into notes (author, text) values (?, ?)", (author.name, text))
