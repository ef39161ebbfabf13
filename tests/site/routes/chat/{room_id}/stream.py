from datetime import datetime

from services.radio import calls_in

room_id: str


async def stream():
    yield {"event": "tuned", "data": {"channel": room_id, "since": str(datetime.now())}}

    async for call in calls_in(room_id):
        yield (
            "call",
            t"""
        <div class="call" id="call-{call.number}">
            <img src="{call.captain.portrait}" alt="{call.captain.name}">
            <b>{call.captain.name}</b>
            <p>{call.text}</p>
            <small>{call.sent}</small>
        </div>
        """,
        )
