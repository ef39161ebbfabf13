"""Every test runs with markupsafe's C core and without it: what is rendered must be the same."""

import pytest

from hyperpy.templates import attributes, escaping, render, urls


@pytest.fixture(autouse=True, params=["quickest", "portable"])
def escaper(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "portable":
        for module in (escaping, attributes, render, urls):
            monkeypatch.setattr(module, "escape_str", escaping.escape_portably)
        monkeypatch.setitem(render.RUNTIME, "E", escaping.escape_portably)
    monkeypatch.setattr(render, "_ones", {})
    monkeypatch.setattr(render, "_manys", {})
    for known in urls._safe.values():
        known.clear()
