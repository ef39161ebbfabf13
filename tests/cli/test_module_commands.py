"""`python -m hyperpy` and `python -m hyper`."""

import runpy
import sys

import pytest


@pytest.mark.parametrize("module", ["hyper", "hyperpy"])
def test_both_packages_are_the_command(
    module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [module, "--version"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module(module, run_name="__main__")
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("hyper")
