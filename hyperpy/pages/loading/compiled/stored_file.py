"""A file as it is kept in its cache: what runs first, what the rest depends on, and the rest."""

from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

from hyperpy.pages.analysis.objects.asked import StoredQuestions
from hyperpy.pages.facts import AssetCheck, URLReference
from hyperpy.pages.known_names import PublicNames
from hyperpy.pages.loading.compiled.cache_file import CacheFile
from hyperpy.pages.loading.compiled.fingerprints import builtins_print, names_print
from hyperpy.pages.loading.imports.imported_names import ImportedNames, LateNames
from hyperpy.record_classes import record
from hyperpy.routing import URLPatterns


@record(frozen=True, slots=True)
class FirstStep:
    """Statements that run before the file is analysed."""

    code: CodeType
    asked: StoredQuestions
    """What has been asked before, to decide that these statements are the next."""
    names: bytes
    """The fingerprint of the names and answers before them; empty for the first step."""


@record(frozen=True, slots=True)
class Surroundings:
    """What the analysis of a file depends on besides its source, as it is after its first statements have run."""

    late: LateNames
    modules: tuple[str, ...]
    """The modules that the file names in imports."""
    asked: StoredQuestions
    references: tuple[URLReference, ...]
    """They lead somewhere, or the file would not have been compiled."""
    fingerprint: bytes

    def is_current(
        self, names: ImportedNames, namespace: dict[str, Any], patterns: URLPatterns, check_asset: AssetCheck | None
    ) -> bool:
        objects, local = names.objects(self.late, namespace)
        if fingerprint(objects, local, names.public, self.asked) != self.fingerprint:
            return False
        return not any(reference.problem(patterns, check_asset) for reference in self.references)


def fingerprint(
    objects: Mapping[str, object], local: Sequence[object], public: PublicNames, asked: StoredQuestions
) -> bytes:
    """The fingerprint of what a file's names stand for; see `ImportedNames.objects`."""
    return names_print(objects, local, public, asked) + builtins_print()


@record(frozen=True, slots=True)
class StoredFile:
    doc: str | None
    helpers: tuple[str, ...]
    """The names of `runtime.HELPERS` that its code uses."""
    first: tuple[FirstStep, ...]
    surroundings: Surroundings
    result: tuple[Any, ...]
    """What it is compiled to, as plain data."""

    def write(self, cache: CacheFile) -> None:
        s = self.surroundings
        cache.write(
            (
                self.doc,
                self.helpers,
                tuple((step.code, step.asked, step.names) for step in self.first),
                (tuple(s.late), s.modules, s.asked, tuple(map(tuple, s.references)), s.fingerprint),
                self.result,
            )
        )

    @classmethod
    def read(cls, cache: CacheFile) -> StoredFile | None:
        content = cache.read()
        if content is None:
            return None
        doc, helpers, first, (late, modules, asked, references, fingerprint), result = content
        surroundings = Surroundings(
            LateNames(*late), modules, asked, tuple(URLReference(*each) for each in references), fingerprint
        )
        return cls(doc, helpers, tuple(FirstStep(*each) for each in first), surroundings, result)
