"""Print the results of a run as tables."""

import re
from collections import Counter

from bench.chaos.running import Outcome
from bench.figures import table

PRINTED = 5  # violations and clients to print
COLUMNS = {
    "received": "received",
    "duplicates": "duplicates",
    "gaps": "gaps",
    "reported": "lost, reported",
    "violations": "violations",
    "reconnects": "reconnects",
}
NOTE = (
    "Duplicates: messages repeated after a reconnect. Gaps: gap events. Lost, reported: confirmed messages covered by\n"
    "a gap event. Violations: confirmed messages missing without a gap event, and messages out of order."
)


def report(title: str, outcome: Outcome) -> bool:
    """Print the tables; return False if a guarantee was violated."""
    violations = outcome.violations
    print(table(f"Chaos: {title}", client_rows(outcome), NOTE))
    print(table("Published", publisher_rows(outcome), f"Seed: {outcome.plan.seed}."))
    faults = [{"fault": kind, "times": str(number)} for kind, number in sorted(outcome.faults.items())]
    print(table("Faults", faults, traceback_summary(outcome.server_log)), flush=True)
    for client, descriptions in list(violations.items())[:PRINTED]:
        print(
            f"Client {client.number} ({client.behaviour.name}; {', '.join(client.channels)}), replays={client.replays}:"
        )
        print("\n".join(f"  {each}" for each in descriptions[:PRINTED]))
        print("  History:\n    " + "\n    ".join(client.history))
    if violations:
        print("Faults:\n  " + "\n  ".join(outcome.log))
        print(f"Server log:\n{outcome.server_log[-3000:]}", flush=True)
    return not violations


def client_rows(outcome: Outcome) -> list[dict[str, str]]:
    confirmed, violations = outcome.confirmed, outcome.violations
    rows, overall = [], Counter[str]()
    for behaviour in outcome.plan.behaviours:
        clients = [client for client in outcome.clients if client.behaviour == behaviour]
        totals = Counter({"clients": len(clients)})
        for client in clients:
            totals += client.totals(confirmed) + Counter({"violations": len(violations.get(client, ()))})
        overall += totals
        rows.append(_row(behaviour.name, totals))
    return [*rows, _row("all", overall)]


def _row(name: str, totals: Counter[str]) -> dict[str, str]:
    figures = {title: f"{totals[name]:,}" for name, title in COLUMNS.items()}
    return {"clients": name, "number": str(totals["clients"]), **figures}


def publisher_rows(outcome: Outcome) -> list[dict[str, str]]:
    kinds = sorted({kind for each in outcome.publishers for kind in each.outcomes})
    rows = [(each.name, each.outcomes) for each in outcome.publishers]
    rows.append(("all", sum((each.outcomes for each in outcome.publishers), Counter[str]())))
    return [
        {"publisher": name, "sent": f"{outcomes.total():,}", **{kind: f"{outcomes[kind]:,}" for kind in kinds}}
        for name, outcomes in rows
    ]


def traceback_summary(log: str) -> str:
    """Count the tracebacks in the server log by their last line."""
    errors = Counter(re.findall(r"^Traceback .*?\n(?=\S)(.{,120})", log, re.MULTILINE | re.DOTALL))
    if not errors:
        return "No tracebacks in the server log."
    counts = "; ".join(f"{number} x {error}" for error, number in errors.items())
    return f"{errors.total()} tracebacks in the server log: {counts}"
