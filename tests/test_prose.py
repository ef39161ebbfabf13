"""The check of wording in `make lint`: which texts it reads, and what it says."""

from pathlib import Path

from prose import complaints, rejected

RULES = rejected("[rejected]\n'has nil [a-z]' = \"isn't a …\"\n'on and on' = \"forever\"\n")


def test_prose_is_read_and_code_is_not(tmp_path: Path) -> None:
    markdown = tmp_path / "page.md"
    markdown.write_text(
        "It\nhas nil\nfile.\n\n`has nil x` [l](has nil x)\n\n```python\nprint('has nil x')\n```\n\nLasts On and on.\n"
    )
    python = tmp_path / "module.py"
    python.write_text(
        '"""`has nil x`\n\nThis has nil y.\n"""\n\nfor_ever = 1  # stays on\n# and on\nx = f"{1} has nil z"\n'
    )
    assert [line.removeprefix(f"{tmp_path}/") for file in (markdown, python) for line in complaints(file, RULES)] == [
        "page.md:2: “has nil f”: write “isn't a …”",
        "page.md:11: “On and on”: write “forever”",
        "module.py:3: “has nil y”: write “isn't a …”",
        "module.py:8: “has nil z”: write “isn't a …”",
        "module.py:6: “on and on”: write “forever”",
    ]
