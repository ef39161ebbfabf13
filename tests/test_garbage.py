import gc
from collections.abc import Iterator

import pytest

from hyperpy import garbage
from hyperpy.garbage import collection_paused, freeze


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(garbage, "_has_frozen", False)
    was_frozen = gc.get_freeze_count() > 0  # by a test that forks
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.enable()
    if was_frozen:
        gc.freeze()


def collections() -> int:
    return sum(generation["collections"] for generation in gc.get_stats())


def test_nothing_is_collected_meanwhile_and_all_is_old_afterwards():
    gc.enable()
    with collection_paused():
        before = collections()
        kept = [[each] for each in range(100_000)]
        assert collections() == before
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    assert not any(each is kept for each in gc.get_objects(generation=0))


def test_objects_are_collected_as_usual_later():
    with collection_paused():
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
    assert gc.collect() > 0


def test_a_collector_that_is_off_stays_off():
    gc.disable()
    with collection_paused():
        pass
    assert not gc.isenabled()


def test_the_collector_is_on_again_after_an_error():
    gc.enable()
    with pytest.raises(ValueError, match="inner"), collection_paused(), collection_paused():
        raise ValueError("inner")
    assert gc.isenabled()


def test_what_an_application_has_frozen_stays_frozen():
    gc.freeze()
    count = gc.get_freeze_count()
    with collection_paused():
        pass
    assert gc.get_freeze_count() == count > 0


def test_a_pause_counts_no_objects_that_hyperpy_has_frozen(monkeypatch: pytest.MonkeyPatch):
    gc.enable()
    freeze()
    with monkeypatch.context() as patch:
        patch.setattr(gc, "get_freeze_count", None)
        with collection_paused():
            pass
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
