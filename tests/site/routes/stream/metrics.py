import asyncio

from services import read_gauges


async def stream():
    while True:
        reading = await read_gauges()

        yield (
            "gauge",
            t"""
        <ul class="gauges">
            <li>Wind {reading.wind} kn</li>
            <li>Swell {reading.swell}%</li>
            <li>Ships {reading.ships}</li>
        </ul>
        """,
        )

        if reading.swell > 80:
            yield (
                "warning",
                t"""
            <p class="warning">
                Heavy swell: {reading.swell}%
            </p>
            """,
            )

        await asyncio.sleep(0.01)
