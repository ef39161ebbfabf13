"""The locations of generated code: those of the t-string and its holes."""

from types import CodeType

from hyperpy.templates.at_load.code_locations import Location, line_locations, located
from tests.templates.tables import check_each

WHOLE = Location(7, 0, 90, 3)
HOLES = {f"v{number}": Location(number, number, number, number + 1) for number in (1, 2, 3)}

# (generated code, the holes whose locations its lines have; None for the whole t-string)
PIECES = [
    ("", [None]),
    ("\fv1", [None]),  # outside of all pieces
    ("f'{\n\fv2\n}'", [None, "v2", None]),
    ("f'{\n\fv2 + \fv1\n}'", [None, "v1", None]),
    ("f'{\nx\n}'", [None, None, None]),
    ("f'{\nf(f'{\n\fv2\n}', f'{\n\fv1\n}')\n}'", [None, "v1", "v2", "v1", "v1", "v1", None]),
    ("f'{\nf(f'{\n\fv1\n}', \fv2)\n}'", [None, "v2", "v1", "v2", None]),  # its own hole comes first
    ("f'{\nf(\fv3, f'{\n'v1'\n}')\n}'", [None, "v3", "v3", "v3", None]),
]

SOURCE = """\
def template(v1, v2):
    kept = [
        v1 for v1 in (lambda: v2)()
    ]
    return (
        v1.a(
            v2.b
        )
    )
"""


def test_each_piece_has_the_location_of_its_first_hole() -> None:
    def check(source: str, holes: list[str | None]) -> None:
        assert line_locations(source, WHOLE, HOLES) == [HOLES[hole] if hole else WHOLE for hole in holes]

    check_each(PIECES, check)


def test_each_instruction_has_the_location_of_its_line() -> None:
    """The lines go up and down, by more than a byte of the table holds."""
    lines = [Location(line, line % 300, line + 70, 4000) for line in (5, 900, 12, 13, 70000, 69, 70, 2, 1)]
    module = compile(SOURCE, "template.py", "exec")
    (function,) = (constant for constant in module.co_consts if isinstance(constant, CodeType))
    moved = located(function, lines)
    pairs = [(function, moved)]
    while pairs:
        before, after = pairs.pop()
        numbers = [position[0] for position in before.co_positions()]
        expected = [lines[number - 1] if number else None for number in numbers]
        assert [_location(*position) for position in after.co_positions()] == expected
        assert after.co_firstlineno == lines[before.co_firstlineno - 1].line
        assert after.co_code == before.co_code
        inner = zip(before.co_consts, after.co_consts, strict=True)
        pairs += [(old, new) for old, new in inner if isinstance(old, CodeType)]


def _location(line: int | None, end_line: int | None, column: int | None, end_column: int | None) -> Location | None:
    if line is None:
        return None
    assert end_line is not None
    assert column is not None
    assert end_column is not None
    return Location(line, column, end_line, end_column)
