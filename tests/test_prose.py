"""The check of wording in `make lint`: which texts it reads, and what it says."""

from pathlib import Path

from prose import complaints, rejected

RULES = rejected("[rejected]\n'is no [a-z]' = \"isn't a …\"\n'for ever' = \"forever\"\n")


def test_prose_is_read_and_code_is_not(tmp_path: Path) -> None:
    markdown = tmp_path / "page.md"
    markdown.write_text(
        "It\nis no\nfile.\n\n`is no x` [link](is no x)\n\n```python\nprint('is no x')\n```\n\nIt lasts For ever.\n"
    )
    python = tmp_path / "module.py"
    python.write_text('"""`is no x`\n\nThis is no y.\n"""\n\nfor_ever = 1  # stays for\n# ever\nx = f"{1} is no z"\n')
    assert [line.removeprefix(f"{tmp_path}/") for file in (markdown, python) for line in complaints(file, RULES)] == [
        "page.md:2: “is no f”: write “isn't a …”",
        "page.md:11: “For ever”: write “forever”",
        "module.py:3: “is no y”: write “isn't a …”",
        "module.py:8: “is no z”: write “isn't a …”",
        "module.py:6: “for ever”: write “forever”",
    ]
