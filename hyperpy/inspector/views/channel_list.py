"""The channels, each with its subscribers and last messages."""

from string.templatelib import Template

from hyperpy.inspector.history import ChannelEntry
from hyperpy.inspector.inspection import Inspection
from hyperpy.inspector.views.formatting import clock, size
from hyperpy.inspector.views.layout import Table


def ChannelList(inspection: Inspection) -> Template:
    entries = sorted(inspection.records.channels.values(), key=lambda entry: entry.name)
    if not entries:
        return t'<p class="empty">Nothing has been published or subscribed to yet.</p>'
    addresses = ", ".join(inspection.addresses())
    rows = [_row(entry, inspection) for entry in entries]
    messages = [_messages(entry) for entry in entries if entry.messages]
    head = ["Channel", "Subscribers", "Messages", "Last message", "State"]
    return t"""
        <p>Kept by <code>{addresses}</code>. Subscribers are those in this process.</p>
        <{Table} {head} caption="Channels" numeric={["Subscribers", "Messages"]}>{rows}</{Table}>
        {messages}
    """


def _row(entry: ChannelEntry, inspection: Inspection) -> Template:
    last = clock(entry.messages[-1].at) if entry.messages else ""
    return t"""
        <tr>
          <th scope="row"><code>{_name(entry)}</code></th>
          <td class="number">{inspection.subscribers(entry.key)}</td>
          <td class="number">{f"{entry.published:,}"}</td>
          <td>{last}</td>
          <td>{"closed" if entry.closed else "open"}</td>
        </tr>
    """


def _messages(entry: ChannelEntry) -> Template:
    rows = [
        t"""<tr><td class="time">{clock(message.at)}</td><td class="number">{size(message.size)}</td>
            <td class="data"><code>{message.preview}</code></td></tr>"""
        for message in reversed(entry.messages)
    ]
    head = ["Time", "Size", "First 200 characters"]
    caption = f"The last messages in {_name(entry)}, newest first"
    return t"""<h2><code>{_name(entry)}</code></h2>
        <{Table} {head} {caption} numeric={["Size"]}>{rows}</{Table}>"""


def _name(entry: ChannelEntry) -> str:
    return entry.name or f"key {entry.key}"
