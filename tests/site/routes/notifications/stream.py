from services import notices_for

user_id: int


async def stream():
    yield t"""<p class="hint">Watching the board</p>"""

    async for notice in notices_for(user_id):
        yield (
            "notice",
            t"""
            <article class="notice">
                <h3>{notice.heading}</h3>
                <p>{notice.text}</p>
                <small>{notice.sent}</small>
            </article>
        """,
        )

        yield {"event": "unread", "data": {"left": notice.unread}}
