"""How long things may take, in seconds."""

from typing import Final

ANSWER: Final = 5.0  # until a request is answered, and until an event or a part comes, unless a test says otherwise
DEPARTURE: Final = 7.0  # until the application is done with a client that has left; a generator's `finally` has 5
GRACE: Final = 2  # until answers in progress are cut short when a site ends
SHUTDOWN: Final = 10.0  # until a lifespan that does not end is cancelled
