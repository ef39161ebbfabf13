import asyncio
from datetime import datetime


async def stream():
    yield ("entry", t"""<p class="hint">The log book is open</p>""")

    while True:
        await asyncio.sleep(0.02)

        yield (
            "entry",
            t"""
        <div class="entry">
            <h3>Noted at {datetime.now()}</h3>
            <p>Nothing but gulls.</p>
        </div>
        """,
        )
