"""What `hyper dev` prints: each error once, and warnings about what a running site does."""

from hyperpy.dev.terminal.log import RepeatedErrors, configure_terminal
from hyperpy.dev.terminal.noted_templates import note_template_values
from hyperpy.dev.terminal.printed_warnings import Printed, PrintedWarnings
from hyperpy.dev.terminal.request_warnings import RequestWarnings
from hyperpy.dev.terminal.trimming import trimmed_traceback
from hyperpy.dev.terminal.watchdog import Watchdog

__all__ = [
    "Printed",
    "PrintedWarnings",
    "RepeatedErrors",
    "RequestWarnings",
    "Watchdog",
    "configure_terminal",
    "note_template_values",
    "trimmed_traceback",
]
