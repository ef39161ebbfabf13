"""The radio starts on the channel of the harbour office."""

from hyperpy import redirect

redirect("/chat/12")
