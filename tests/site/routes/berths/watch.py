from services import berth_at, moves_at

from hyper import fragment, render

place: int
berth = None


def look():
    global berth
    berth = berth_at(place)


t"""
<html>
<body>
    <p id="state" {fragment}>
        {berth.ship} is {berth.state}
    </p>
</body>
</html>
"""


async def stream():
    look()
    yield render(fragments="state")

    async for _ in moves_at(place):
        look()
        yield render(fragments="state")
