"""Without the packages of the extra, hyperpy works and hyperpy.testing names the one that is missing."""

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
def test_a_missing_package_is_named(name):
    done = subprocess.run([sys.executable, "-c", TRY.format(name=name)], capture_output=True, text=True, check=True)
    assert done.stdout == (
        f'hyperpy.testing needs {name}: pip install "./hyperpy[testing]", with the path of your checkout\n'
    )
