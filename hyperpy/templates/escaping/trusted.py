"""Values whose author vouches for them, one class for each language: HTML has `Markup`, and these are the others.

None of them leaves its place: an attribute's quotes and the end of a `<script>` or `<style>` stay what they are.
"""


class _Trusted(str):
    """What is made of it, by `+` or `format`, is a plain str again, and checked like one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class TrustedURL(_Trusted):
    """A URL, or the beginning of one, that is sent as it is, whatever its scheme."""

    __slots__ = ()


class TrustedJS(_Trusted):
    """JavaScript that is sent as it is where an expression or a handler may stand."""

    __slots__ = ()


class TrustedCSS(_Trusted):
    """CSS that is sent as it is where a value may stand."""

    __slots__ = ()
