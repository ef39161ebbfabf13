"""The background task of a response, which runs when the answer has been sent."""

import logging
from typing import Final

from starlette.background import BackgroundTask

from hyperpy.exceptions import display_path
from hyperpy.pages import Run, current
from hyperpy.tracebacks import users_part

log: Final = logging.getLogger("hyperpy")


class ReportedTask(BackgroundTask):
    """Runs a task within a request, and logs its failure under the name of the route file.

    The visitor has the whole answer. Raised to the server, the exception would be logged as one of the application.
    """

    def __init__(self, task: BackgroundTask, run: Run) -> None:
        self.task = task
        self.run = run

    async def __call__(self) -> None:
        token = current.set(self.run)  # not `with`: it may be the current one already
        try:
            await self.task()
        except Exception as error:
            described = f"{type(error).__name__}: {error}"
            file = display_path(self.run.route.file)
            log.error(
                "%s: the background task failed: %s", file, described, exc_info=(type(error), error, users_part(error))
            )
        finally:
            current.reset(token)
