from hyperpy import POST, HTTPException, Request, Response, channel
from hyperpy.exceptions import BrokerError

name: str
request: Request


async def load():
    try:
        await channel(name).publish(await request.json())
    except BrokerError as error:
        raise HTTPException(503, str(error)) from None
    return Response(status_code=204)


if POST:
    t"published"
