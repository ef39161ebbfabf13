"""For the tests: who listens to the notice board, and the word that lets a report go on."""

from typing import Annotated

from services import listening
from services.inspection import released

from hyper import JSONResponse, Query

release: Annotated[int | None, Query()]


async def let_go():
    if release is not None:
        released[release].set()


response = JSONResponse({str(captain): count for captain, count in listening.items() if count})
