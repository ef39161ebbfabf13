"""The folder that the application is loaded from."""

import logging
import os
import sys

logger = logging.getLogger("hyperpy.server")


class WorkingDirectory:
    """The working directory of this process, under the name by which it was entered.

    The shell's `$PWD` keeps the name of a symbolic link (`/srv/site/current`), which may lead to another release later.
    """

    def __init__(self) -> None:
        self._real = os.getcwd()
        name = os.environ.get("PWD", "")
        try:
            self._name = name if os.path.samefile(name, self._real) else self._real
        except OSError:
            self._name = self._real

    def enter_again(self) -> None:
        """Go where the name leads now. Stays where it is, and logs that, if it leads nowhere."""
        try:
            self._enter()
        except OSError as error:
            logger.error("Can't enter the working directory %s (%s).", self._name, error.strerror)

    def ensure(self) -> None:
        """Enter it again if it has been removed. Raises OSError."""
        try:
            os.getcwd()
        except OSError:
            self._enter()

    def _enter(self) -> None:
        os.chdir(self._name)
        before, self._real = self._real, os.getcwd()
        if self._real != before:
            # Workers inherit the path. A module that this release no longer has must not come from the last one.
            sys.path[:] = [self._real if entry in ("", before) else entry for entry in sys.path]
