"""What a build did, as text."""

from collections.abc import Iterator, Sequence
from typing import Final

from hyperpy.build.dynamic_routes import Dynamic
from hyperpy.build.output_folder import Written
from hyperpy.build.site_pages import by_reason
from hyperpy.check.findings import Finding
from hyperpy.record_classes import record

MOST: Final = 30  # findings that are shown in full
_SHOWN: Final = 3  # URLs of one reason


@record(frozen=True, slots=True)
class BuildReport:
    out: str
    pages: int
    errors: Sequence[Finding]
    notes: Sequence[Finding]
    dynamic: Sequence[Dynamic]
    allow_dynamic: bool
    written: Written | None = None
    """None if nothing was written."""

    @property
    def undeclared(self) -> list[Dynamic]:
        """What needs a server, and nobody has said that it may."""
        return [] if self.allow_dynamic else [each for each in self.dynamic if not each.is_declared]

    @property
    def fails(self) -> bool:
        return bool(self.errors or self.undeclared)

    def text(self, seconds: float) -> str:
        parts: list[str] = []
        for findings, kind in ((self.notes, "warnings"), (self.errors, "errors")):
            parts += map(str, findings[:MOST])
            parts += [f"… and {len(findings) - MOST} more {kind}"] if len(findings) > MOST else []
        if self.dynamic:
            parts.append("\n".join(["These need a server, and are not built:", *_rows(self.dynamic)]))
        if self.undeclared:
            parts.append(
                "To build the rest, write route(dynamic=True) in their files, or pass --allow-dynamic.\n"
                "A host of files answers 404 for them; `hyper serve --built` serves them beside the files."
            )
        if self.written is None:
            count = len(self.errors)
            failed = f"{count} error{'s' if count != 1 else ''}; nothing" if count else "Nothing"
            parts.append(f"{failed} was written to {self.out}/.")
        else:
            w = self.written
            counts = f"{w.changed} written, {w.same} unchanged, {w.removed} removed"
            pages = f"{self.pages} page{'s' if self.pages != 1 else ''}"
            parts.append(f"Built {pages} in {self.out}/ in {seconds:.2f} s. Files: {counts}.")
        return "\n\n".join(parts)


def _rows(dynamic: Sequence[Dynamic]) -> Iterator[str]:
    rows = []
    for (place, why), group in by_reason(dynamic).items():
        more = f" and {len(group) - _SHOWN} more" if len(group) > _SHOWN else ""
        shown = ", ".join(each.url for each in group[:_SHOWN])
        rows.append((shown + more, place, why))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for urls, where, why in rows:
        yield f"  {urls:<{widths[0]}}  {where:<{widths[1]}}  {why}"
