"""What the example's own model says. It knows this harbour and nothing else, so it needs no graphics card."""

from collections.abc import Awaitable, Callable
from typing import Final

from routes_example import _harbour as harbour


async def reply(question: str) -> str:
    """An answer in Markdown, by the first topic that the question has a word of."""
    words = question.casefold()
    for topic, answer in TOPICS.items():
        if any(word in words for word in topic):
            return await answer()
    return HELP


async def _ferries() -> str:
    rows = [f"| {ferry.leaves:%H:%M} | {ferry.to} | {ferry.quay} |" for ferry in await harbour.next_ferries(4)]
    return "\n".join(
        ["The next ferries:\n", "| Leaves | To | Quay |", "|---|---|---|", *rows, "\nBoard from the stern."]
    )


async def _berths() -> str:
    free = [
        f"- **Pier {pier}**: {', '.join(berth for berth, boat in (await harbour.berths_of(pier)).items() if not boat)}"
        for pier in harbour.PIERS
    ]
    fee = f"A night costs **{harbour.NIGHTLY_FEE:.2f} €** for each metre of your boat."
    return "\n".join(["These berths are free tonight:\n", *free, f"\n{fee} Call on channel 12 before you enter."])


async def _weather() -> str:
    now = await harbour.conditions()
    tide = "rising" if now.rising else "falling"
    return (
        f"Right now the wind blows with **{now.wind:.1f} m/s** from {now.bearing}°. The tide stands at "
        f"**{now.tide:.2f} m** and is {tide}; the water has {now.water:.1f} °C.\n\n"
        "> Above 10 m/s, put out a second line before you go for buns."
    )


async def _bakery() -> str:
    return (
        "The bakery is beside the red crane. It opens at 6, and the *cardamom buns* are gone by 9.\n\n"
        "1. Walk down pier A.\n2. Follow the smell.\n3. Bring one for the harbour master."
    )


async def _geese() -> str:
    return "The geese of pier C were here first. Moor there **only with their consent**: stand still, look away, wait."


async def _code() -> str:
    return (
        "I am a route file, too. This is all that sends my words to you:\n\n"
        '```python\nasync def stream():\n    for token in answer:\n        yield JSON({"delta": token})\n```\n\n'
        "With `OPENAI_BASE_URL` in the environment, a larger model answers in my place."
    )


type Topic = Callable[[], Awaitable[str]]

TOPICS: Final[dict[tuple[str, ...], Topic]] = {
    ("ferr", "boat to", "island"): _ferries,
    ("berth", "moor", "night", "fee", "cost"): _berths,
    ("wind", "tide", "weather", "water"): _weather,
    ("bun", "bak", "eat", "breakfast", "coffee"): _bakery,
    ("geese", "goose", "pier c"): _geese,
    ("code", "hyperpy", "python", "work", "who are you"): _code,
}
HELP: Final = """I am a *very* small model, and I know only this harbour. Ask me about

- the next **ferries**,
- a free **berth** for tonight,
- the **wind** and the tide,
- **breakfast**,
- or how I **work**.
"""
