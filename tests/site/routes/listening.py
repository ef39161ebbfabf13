"""For the tests: the captains who are listening, and the release of a report that is held back."""

from typing import Annotated

from services import listening
from services.inspection import released

from hyper import JSONResponse, Query

release: Annotated[int | None, Query()]


async def let_go():
    if release is not None:
        released[release].set()


response = JSONResponse({str(captain): count for captain, count in listening.items() if count})
