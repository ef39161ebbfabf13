"""A tree with one level per segment. A lookup costs the same with ten routes and with ten thousand."""

from collections.abc import Callable, Iterable

from hyperpy.routing.patterns import Segment, SegmentKind


class TreeNode[Leaf]:
    """The routes whose URLs start with the same segments. Parameters share a node regardless of their names."""

    __slots__ = ("leaf", "literals", "parameter", "rest")

    def __init__(self) -> None:
        self.leaf: Leaf | None = None
        self.literals: dict[str, TreeNode[Leaf]] = {}
        self.parameter: TreeNode[Leaf] | None = None
        self.rest: TreeNode[Leaf] | None = None

    def grow(self, segments: Iterable[Segment]) -> TreeNode[Leaf]:
        """The node for the segments, created if necessary."""
        node = self
        for segment in segments:
            match segment.kind:
                case SegmentKind.LITERAL:
                    child = node.literals.get(segment.text)
                    if child is None:
                        child = node.literals[segment.text] = TreeNode()
                    node = child
                case SegmentKind.PARAMETER:
                    node.parameter = node = node.parameter or TreeNode()
                case SegmentKind.REST:
                    node.rest = node = node.rest or TreeNode()
        return node

    def find(self, segments: list[str], at: int = 0) -> Leaf | None:
        """The leaf for `segments[at:]`: literals first, then parameters, then the rest; with backtracking."""
        if at == len(segments):
            return self.leaf
        child = self.literals.get(segments[at])
        if child is not None and (leaf := child.find(segments, at + 1)) is not None:
            return leaf
        if self.parameter is not None and (leaf := self.parameter.find(segments, at + 1)) is not None:
            return leaf
        if self.rest is not None and not any(map(_has_empty_part, segments[at:])):
            return self.rest.leaf
        return None

    def deepest(self, segments: list[str], accepts: Callable[[Leaf], bool], at: int = 0) -> tuple[int, Leaf] | None:
        """The deepest accepted leaf along `segments[at:]`, and its depth. Segments may be left over."""
        best = None if self.leaf is None or not accepts(self.leaf) else (at, self.leaf)
        if at == len(segments):
            return best
        for child in (self.literals.get(segments[at]), self.parameter):
            found = child.deepest(segments, accepts, at + 1) if child is not None else None
            if found is not None and (best is None or found[0] > best[0]):
                best = found
        return best


def _has_empty_part(segment: str) -> bool:
    """Whether a `%2F` would stand at an end of a `{...name}` or beside a slash: it might look like an absolute path."""
    return "/" in segment and "" in segment.split("/")
