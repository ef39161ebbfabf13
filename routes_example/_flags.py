"""The International Code of Signals: its flags as SVG, of which each page of the site flies one, and Morse code."""

from string import ascii_uppercase
from string.templatelib import Template
from typing import Final

RED, BLUE, YELLOW, WHITE, BLACK = "#c8202f", "#123f8c", "#ffcd2e", "#ffffff", "#15191c"
SALTIRE: Final = "M0 0h4L10 5 16 0h4v3l-6 5 6 5v3h-4l-6-5-6 5H0v-3l6-5-6-5z"
CROSS: Final = "M8 0h4v6h8v4h-8v6H8v-6H0V6h8z"
QUARTERS: Final = "M0 0h10v16h10V8H0z"
CHECKS: Final = "M0 0h5v16h5V0h5v16h5v-4H0V8h20V4H0z"

# The colour of the cloth, and what is sewn onto it: a colour and a path, 20 wide and 16 high.
FLAGS: Final[dict[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "A": (WHITE, ((BLUE, "M10 0h10l-4 8 4 8H10z"),)),
    "B": (RED, ()),
    "C": (BLUE, ((WHITE, "M0 3h20v10H0z"), (RED, "M0 6h20v4H0z"))),
    "D": (YELLOW, ((BLUE, "M0 4h20v8H0z"),)),
    "E": (BLUE, ((RED, "M0 8h20v8H0z"),)),
    "F": (WHITE, ((RED, "M10 0l10 8-10 8L0 8z"),)),
    "G": (YELLOW, ((BLUE, "M3.3 0h3.4v16H3.3zM10 0h3.3v16H10zM16.7 0H20v16h-3.3z"),)),
    "H": (WHITE, ((RED, "M10 0h10v16H10z"),)),
    "I": (YELLOW, ((BLACK, "M10 4a4 4 0 1 1 0 8a4 4 0 1 1 0-8z"),)),
    "J": (BLUE, ((WHITE, "M0 5.3h20v5.4H0z"),)),
    "K": (YELLOW, ((BLUE, "M10 0h10v16H10z"),)),
    "L": (YELLOW, ((BLACK, QUARTERS),)),
    "M": (BLUE, ((WHITE, SALTIRE),)),
    "N": (WHITE, ((BLUE, CHECKS),)),
    "O": (YELLOW, ((RED, "M0 0h20v16z"),)),
    "P": (BLUE, ((WHITE, "M6 5h8v6H6z"),)),
    "Q": (YELLOW, ()),
    "R": (RED, ((YELLOW, CROSS),)),
    "S": (WHITE, ((BLUE, "M6 5h8v6H6z"),)),
    "T": (RED, ((WHITE, "M6.7 0h6.6v16H6.7z"), (BLUE, "M13.3 0H20v16h-6.7z"))),
    "U": (WHITE, ((RED, QUARTERS),)),
    "V": (WHITE, ((RED, SALTIRE),)),
    "W": (BLUE, ((WHITE, "M3.5 3h13v10h-13z"), (RED, "M7 6h6v4H7z"))),
    "X": (WHITE, ((BLUE, CROSS),)),
    "Y": (YELLOW, ((RED, "M0 0h4L0 4zM8 0h4L0 12V8zM16 0h4L4 16H0zM20 4v4l-8 8H8zM20 12v4h-4z"),)),
    "Z": (YELLOW, ((BLACK, "M0 0l10 8L0 16z"), (BLUE, "M20 0L10 8l10 8z"), (RED, "M0 16l10-8 10 8z"))),
}
CODES: Final = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
)
MORSE: Final = dict(zip(ascii_uppercase, CODES.split(), strict=True))


def Flag(letter: str, label: str = "") -> Template:
    """One flag. Without a label it is decoration."""
    cloth, sewn = FLAGS[letter]
    named = {"role": "img", "aria-label": label} if label else {"aria-hidden": "true"}
    return t"""
        <svg class="flag" viewBox="0 0 20 16" {named:**}>
          <path fill={cloth} d="M0 0h20v16H0z" />{[t"<path fill={colour} {d} />" for colour, d in sewn]}
        </svg>
    """


def Hoist(word: str) -> Template:
    """A word, spelled with flags."""
    return t'<span class="hoist" role="img" aria-label={word}>{[t"<{Flag} {letter} />" for letter in word]}</span>'


def Lamp(word: str) -> Template:
    """The same in Morse code."""
    return t'<span class="morse" role="img" aria-label={word}>{" ".join(MORSE[letter] for letter in word)}</span>'
