"""The assistant's conversations: every worker process shows the same, and so does the next one."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from routes_example._database import KEPT, transaction

# A growing answer without news for so long has lost its process.
LOST: Final = "-2 minutes"


class State(StrEnum):
    GROWING = "growing"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, as far as it has come."""

    id: str
    question: str
    answer: str
    state: State

    @property
    def is_growing(self) -> bool:
        return self.state is State.GROWING


def add(visitor: str, question: str) -> str:
    """Begin an exchange, and return its id. What is older than a day is forgotten."""
    exchange_id = secrets.token_urlsafe(8)
    with transaction() as database:
        database.execute("delete from exchanges where changed < datetime('now', ?)", (KEPT,))
        values = (exchange_id, visitor, question)
        database.execute("insert into exchanges (id, visitor, question) values (?, ?, ?)", values)
    return exchange_id


def of_visitor(visitor: str) -> list[Exchange]:
    """A visitor's conversation, oldest first."""
    return _select("visitor = ? order by rowid", visitor)


def find(visitor: str, exchange_id: str) -> Exchange | None:
    """An exchange of this visitor. Nobody gets that of another one."""
    return next(iter(_select("visitor = ? and id = ?", visitor, exchange_id)), None)


def save(exchange_id: str, answer: str, state: State = State.GROWING) -> None:
    with transaction() as database:
        update = "update exchanges set answer = ?, state = ?, changed = current_timestamp where id = ?"
        database.execute(update, (answer, state, exchange_id))


def _select(condition: str, *values: str) -> list[Exchange]:
    state = "iif(state = 'growing' and changed < datetime('now', ?), 'stopped', state)"
    with transaction() as database:
        query = f"select id, question, answer, {state} from exchanges where {condition}"
        rows = database.execute(query, (LOST, *values))
        return [Exchange(key, question, answer, State(state)) for key, question, answer, state in rows]
