"""`hyper channels init`, in a process of its own."""

import pytest

from tests.support.servers import Command

DROP = "DROP TABLE IF EXISTS hyper_channels, hyper_messages, hyper_queue"
COUNT = "SELECT count(*) FROM pg_class WHERE relname LIKE 'hyper%' AND relkind = 'r'"


def init(folder, *flags: str, **variables: str) -> tuple[int, str, str]:
    with Command("channels", "init", *flags, folder=folder, **variables) as command:
        status = command.exit_status()
    return status, command.output, command.errors


def test_it_creates_the_tables(shared_postgres, tmp_path):
    shared_postgres.ask(DROP)
    for _ in range(2):
        status, output, errors = init(tmp_path, HYPER_CHANNELS=shared_postgres.address)
        assert (status, output) == (0, "")
        assert f"{shared_postgres.address} is ready" in errors
        assert shared_postgres.ask(COUNT) == [(3,)]


def test_it_prints_the_sql(shared_postgres, tmp_path):
    shared_postgres.ask(DROP)
    status, output, errors = init(tmp_path, "--print", "--channels", shared_postgres.address)
    assert (status, errors) == (0, "")
    assert shared_postgres.ask(COUNT) == [(0,)]
    shared_postgres.ask(output)
    assert shared_postgres.ask(COUNT) == [(3,)]


@pytest.mark.parametrize("address", ["memory://", "redis://127.0.0.1/0"])
def test_other_backends_need_no_preparation(tmp_path, address):
    assert init(tmp_path, "--channels", address) == (0, "", f"{address} needs no preparation.\n")


def test_an_unreachable_server(tmp_path):
    status, output, errors = init(tmp_path, "--channels", "postgresql://127.0.0.1:1/postgres")
    assert (status, output) == (1, "")
    assert "Error: postgresql://127.0.0.1:1/postgres is unreachable" in errors
    assert "Traceback" not in errors
