"""An error of loading or starting, put into words for the terminal."""

from hyperpy.exceptions import HyperError
from hyperpy.web.tracebacks import users_traceback


def describe_failure(error: BaseException) -> str:
    """A HyperError's own message; of anything else the traceback from the user's first line on."""
    return str(error) if isinstance(error, HyperError) else users_traceback(error)
