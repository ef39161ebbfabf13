from routes._base import Page

t"""
<{Page}>
    <h2>Log book</h2>
    <div
        hx-ext="sse"
        sse-connect="/stream/feed"
        sse-swap="entry"
        hx-swap="afterbegin"
    >
        <!-- the newest entry comes first -->
    </div>
</{Page}>
"""
