"""The parts of a form that sends a file."""

from string.templatelib import Template

from hyperpy import asset


def Progress(limit: str) -> Template:
    """A progress bar, and what is said if the file doesn't arrive: static/upload.js shows them."""
    return t"""
        <progress value="0" aria-label="Sent" hidden></progress>
        <p class="problem" role="alert" hidden>The file didn't get through. It can have up to {limit}.</p>
        <script src={asset("upload.js")} defer></script>
    """
