"""Without what the extra brings, hyperpy works, and hyperpy.testing says what is missing."""

import subprocess
import sys

import pytest

TRY = """
import sys
sys.modules[{name!r}] = None
import hyperpy
try:
    import hyperpy.testing
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["httpx", "selectolax"])
def test_what_is_missing_is_told(name):
    done = subprocess.run([sys.executable, "-c", TRY.format(name=name)], capture_output=True, text=True, check=True)
    assert done.stdout == f'hyperpy.testing needs {name}: pip install "hyperpy[testing]"\n'
