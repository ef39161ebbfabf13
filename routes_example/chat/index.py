"""Who turns the radio on hears the harbour office first."""

from hyperpy import redirect

redirect("/chat/12")
