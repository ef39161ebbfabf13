"""All tests run with and without markupsafe's C function. Tables are rendered as Templates and compiled in place.

The HTML must be the same.
"""

import pytest
from hypothesis import HealthCheck, settings

from hyperpy import templates
from hyperpy.templates import escape as escaping
from hyperpy.templates.at_load import inline_functions
from hyperpy.templates.escaping import attributes, reports, script_values, url_checks, url_values
from hyperpy.templates.rendering import render, writer
from tests.templates.tables import Render

# `pytest --hypothesis-profile=long tests/templates` runs for a quarter of an hour.
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
settings.register_profile("bounded", max_examples=200, deadline=None, suppress_health_check=QUIET)
settings.register_profile("long", settings.get_profile("bounded"), max_examples=100_000)
settings.load_profile("bounded")


@pytest.fixture(autouse=True, params=["quickest", "portable"])
def escaper(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "portable":
        for module in (escaping, attributes, inline_functions, render, script_values, url_checks, url_values, writer):
            monkeypatch.setattr(module, "escape_str", escaping.escape_portably)
    monkeypatch.setattr(render, "_renderers", {})
    monkeypatch.setattr(render, "_list_renderers", {})
    monkeypatch.setattr(reports, "_places", {})
    for known in url_checks.SAFE_TEXTS.values():
        known.clear()


@pytest.fixture(name="render", params=["template", "in place"])
def render_both_ways(request: pytest.FixtureRequest, escaper: None) -> Render:
    """Renders a t-string's source, with the names of the test's module and those that `hyperpy.templates` exports."""
    return Render(vars(templates) | vars(request.module), in_place=request.param == "in place")
