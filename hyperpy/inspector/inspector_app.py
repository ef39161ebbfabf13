"""The site of the inspector, a `Hyper` like any other."""

from contextvars import copy_context
from pathlib import Path
from typing import Final

from hyperpy.app import Hyper
from hyperpy.config import Settings, running_command
from hyperpy.inspector.inspection import Inspection

PATH: Final = "/_hyper"

FOLDER: Final = Path(__file__).parent
_SETTINGS: Final = Settings(
    csp="default-src 'none'; style-src 'self'; script-src 'self' 'nonce-{nonce}'; connect-src 'self'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    frame_options="DENY",
    referrer_policy="no-referrer",
)


def make_site(inspection: Inspection) -> Hyper:
    """The site. The settings and flags of the inspected application don't apply to it."""

    def make() -> Hyper:
        running_command.set(None)
        return Hyper(routes=FOLDER / "routes", static=FOLDER / "static", settings=_SETTINGS)

    site = copy_context().run(make)
    site.state.inspection = inspection
    return site
