"""Find wording in the project's texts that its style rejects: `python scripts/prose.py FILE…`, each file once.

Read are Markdown without its code, and the comments, docstrings and messages of Python files. Prints each place with
what to write instead, and exits with 1 if there is any.
"""

import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

_MARKDOWN_CODE = re.compile(r"^( *)```.*?^\1```$|(`+).+?\2|\]\([^)]*\)", re.DOTALL | re.MULTILINE)
_INLINE_CODE = re.compile(r"`[^`\n]+`")


def main(names: list[str]) -> int:
    style = Path(__file__).with_suffix(".toml")
    rules = rejected(style.read_text(encoding="utf-8"))
    found = [line for name in names for line in complaints(Path(name), rules)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def rejected(toml: str) -> list[tuple[re.Pattern[str], str]]:
    rules: dict[str, str] = tomllib.loads(toml)["rejected"]
    return [
        (re.compile(rf"\b(?:{pattern.replace(' ', r'\s+')})", re.IGNORECASE), better)
        for pattern, better in rules.items()
    ]


def complaints(file: Path, rules: list[tuple[re.Pattern[str], str]]) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    read = python_prose if file.suffix == ".py" else markdown_prose
    for start, prose in read(text):
        for pattern, better in rules:
            for found in pattern.finditer(prose):
                line = start + prose.count("\n", 0, found.start())
                yield f"{file}:{line}: “{' '.join(found[0].split())}”: write “{better}”"


def markdown_prose(text: str) -> Iterator[tuple[int, str]]:
    """The text with its code blanked out, lines kept."""
    yield 1, _MARKDOWN_CODE.sub(lambda code: "`" + "\n" * code[0].count("\n"), text)


def python_prose(source: str) -> Iterator[tuple[int, str]]:
    """Each block of comments, and each string, with the line where it starts."""
    comments: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            comments.append((token.start[0], token.string))
        elif token.type in (tokenize.STRING, tokenize.FSTRING_MIDDLE):
            yield token.start[0], _INLINE_CODE.sub("`", token.string)
    lines = [""] * (source.count("\n") + 1)
    for line, comment in comments:
        lines[line - 1] = comment.lstrip("#")
    yield 1, _INLINE_CODE.sub("`", "\n".join(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
