"""`hyper --help` and that of the commands: groups, examples, environment names, and suggestions."""

import re

from click.testing import CliRunner

from hyperpy.cli import main
from hyperpy.cli.help_texts import COMMANDS, EXAMPLES, OPTIONS
from hyperpy.config import setting_fields, variable_of


def output(*arguments: str, status: int = 0) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == status, done.output
    return done.output


def test_every_command_is_in_a_group_and_has_an_example():
    assert {name for group in COMMANDS.values() for name in group} == set(main.commands)
    shown = output("--help")
    headings = re.findall(r"(?m)^(\w[\w ]*):$", shown)
    assert headings == ["Options", *COMMANDS]
    assert [
        example for name, example in EXAMPLES.items() if name in main.commands and f"$ {example}" not in shown
    ] == []


def test_examples_can_be_run():
    for name, example in EXAMPLES.items():
        words = example.split()
        path = [word for word in words[1:] if word in (*main.commands, "init")]
        shown = output(*path, "--help")
        assert path[-1] == name or name == "channels"
        assert [flag for flag in re.findall(r"(?<= )--?[a-z-]+", example) if flag not in shown] == []
        assert f"Example:\n  {example}" in shown or name == "channels"


def test_every_setting_is_in_one_group_of_options():
    names = [name for group in OPTIONS.values() for name in group.split()]
    assert sorted(names) == sorted(set(setting_fields()) - {"target"})
    shown = output("serve", "--help") + output("dev", "--help")
    assert [heading for heading in OPTIONS if f"\n{heading}:\n" not in shown] == []
    assert [name for name in names if f"[{variable_of(name)};" not in re.sub(r"\s+", " ", shown)] == []


def test_a_mistyped_command_gets_a_suggestion():
    for typed, meant in {"chekc": "check", "sreve": "serve", "route": "routes"}.items():
        assert f"No such command '{typed}'. Did you mean `{meant}`?" in output(typed, status=2)
    assert "Commands: build, channels, check, dev" in output("xyzzy", status=2)
    assert "Did you mean `init`?" in output("channels", "inti", status=2)


def test_the_version():
    assert re.fullmatch(r"hyper \d+\.\d+\.\d+\n", output("--version"))
