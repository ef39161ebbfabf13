from models import Captain

from hyper import StreamingResponse


async def lines():
    yield "number,name,mail\n"

    async for captain in Captain.everyone():
        yield f"{captain.number},{captain.name},{captain.mail}\n"


response = StreamingResponse(
    lines(), media_type="text/csv", headers={"Content-Disposition": "attachment; filename=captains.csv"}
)
