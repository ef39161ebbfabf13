"""The boats as a file that a spreadsheet opens, sent line by line."""

import csv
import io
from collections.abc import AsyncIterator

from hyperpy import StreamingResponse
from routes_example._harbour import find_boats


async def lines() -> AsyncIterator[str]:
    yield "berth,name,rig,home,metres,nights\r\n"
    for boat in await find_boats():
        line = io.StringIO()
        csv.writer(line).writerow([boat.berth, boat.name, boat.rig, boat.home, boat.metres, boat.nights])
        yield line.getvalue()


response = StreamingResponse(
    lines(), media_type="text/csv", headers={"Content-Disposition": 'attachment; filename="boats.csv"'}
)
