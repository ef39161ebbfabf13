"""The backends of the package pass the tests that they share."""

import pytest

from hyperpy.channels.backends.schemes import make_backend
from hyperpy.config import Settings
from hyperpy.testing import BackendContract


class TestContract(BackendContract):
    @pytest.fixture(autouse=True)
    def _at(self, address):
        self.address = address
        self.is_shared = address != "memory://"

    def make(self, retention):
        return make_backend(
            Settings(channels=self.address, channel_max_messages=retention.messages, channel_max_age=retention.age)
        )
