"""Tables of what a run has shown."""

import re
from collections import Counter

from bench.chaos.running import Outcome
from bench.figures import table

SHOWN = 5  # clients whose violations are told
COLUMNS = {
    "received": "received",
    "doubled": "doubled",
    "gaps": "gaps",
    "told": "lost, told",
    "violations": "violations",
    "reconnects": "reconnects",
}
NOTE = (
    "Doubled: come again after a reconnection. Gaps: events that tell of some. Lost, told: confirmed messages that a\n"
    "gap has told of. Violations: confirmed messages that are missing without a word, and whatever comes out of order."
)


def report(title: str, outcome: Outcome) -> bool:
    """Prints it; False if a promise was broken."""
    violations = outcome.violations
    print(table(f"Chaos: {title}", client_rows(outcome), NOTE))
    print(table("Published", publisher_rows(outcome), f"The seed is {outcome.plan.seed}."))
    kinds = [{"fault": kind, "times": str(number)} for kind, number in sorted(outcome.faults.items())]
    print(table("Faults", kinds, said(outcome.said)), flush=True)
    for client, what in list(violations.items())[:SHOWN]:
        print(f"Client {client.number} ({client.habit.name}; {', '.join(client.channels)}), replays={client.replays}:")
        print("\n".join(f"  {each}" for each in what[:SHOWN]))
        print("  The end:\n    " + "\n    ".join(client.recent))
    if violations:
        print("The faults:\n  " + "\n  ".join(outcome.log))
        print(f"The server has said:\n{outcome.said[-3000:]}", flush=True)
    return not violations


def client_rows(outcome: Outcome) -> list[dict[str, str]]:
    confirmed, violations = outcome.confirmed, outcome.violations
    rows, total = [], Counter[str]()
    for habit in outcome.plan.habits:
        clients = [client for client in outcome.clients if client.habit == habit]
        sums = Counter({"clients": len(clients)})
        for client in clients:
            sums += client.sums(confirmed) + Counter({"violations": len(violations.get(client, ()))})
        total += sums
        rows.append(_row(habit.name, sums))
    return [*rows, _row("all", total)]


def _row(name: str, sums: Counter[str]) -> dict[str, str]:
    figures = {title: f"{sums[name]:,}" for name, title in COLUMNS.items()}
    return {"clients that": name, "number": str(sums["clients"]), **figures}


def publisher_rows(outcome: Outcome) -> list[dict[str, str]]:
    kinds = sorted({kind for each in outcome.publishers for kind in each.outcomes})
    rows = [(each.name, each.outcomes) for each in outcome.publishers]
    rows.append(("all", sum((each.outcomes for each in outcome.publishers), Counter[str]())))
    return [
        {"publisher": name, "sent": f"{outcomes.total():,}", **{kind: f"{outcomes[kind]:,}" for kind in kinds}}
        for name, outcomes in rows
    ]


def said(log: str) -> str:
    """How many tracebacks the server's log has, and how they end."""
    ends = Counter(re.findall(r"^Traceback .*?\n(?=\S)(.{,120})", log, re.MULTILINE | re.DOTALL))
    if not ends:
        return "The server's log has no traceback."
    return f"The server's log has {ends.total()} tracebacks: {'; '.join(f'{n} x {end}' for end, n in ends.items())}"
