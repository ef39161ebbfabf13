"""Values that their author declares safe, with a class for each language besides HTML, which has `Markup`.

They are not checked or escaped for their language, but still can't end their attribute, `<script>` or `<style>`.
"""


class _Trusted(str):
    """The results of `+` and `format` are plain strings, and are checked like any other."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class TrustedURL(_Trusted):
    """A URL, or the start of one, with any scheme."""

    __slots__ = ()


class TrustedJS(_Trusted):
    """JavaScript to use unchanged as an expression or a handler."""

    __slots__ = ()


class TrustedCSS(_Trusted):
    """CSS to use unchanged as a value."""

    __slots__ = ()
