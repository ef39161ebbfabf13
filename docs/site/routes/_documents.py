"""The documents in `docs/`: Markdown → HTML, headings, and sections to search."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from hyperpy import Markup, html, url
from markdown_it import MarkdownIt
from markdown_it.token import Token

from routes._highlight import highlighted
from routes._lines import WORD, inline_code, kept_whole
from routes._repository import DOCS, ROOT, file_url

FOLDERS: Final = ("", "how-to", "reference", "explanation")
EXTERNAL: Final = re.compile(r"[a-z]+:", re.IGNORECASE)
COMMENT: Final = re.compile(r"^(?<!```xml\n)<!--.*?-->\n", re.MULTILINE)  # not the name of a file
SHORT_CELL: Final = 9  # characters, which need no minimal width
PARSER: Final = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Section:
    """A heading, and the text up to the next one."""

    level: int
    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Document:
    name: str
    title: str
    content: Markup
    sections: Sequence[Section] = field(repr=False)

    @property
    def url(self) -> str:
        return page_url(self.name)


def page_url(name: str) -> str:
    return url("/") if name == "index" else url("/{...name}", name=name)


def documents() -> dict[str, Path]:
    """The file of each page by the page's name."""
    found = {}
    for folder in FOLDERS:
        for file in sorted((DOCS / folder).glob("*.md")):
            found[str(file.relative_to(DOCS).with_suffix(""))] = file
    for file in sorted(DOCS.glob("*.conf")):
        found[file.name.replace(".", "-")] = file
    return found


def pictures_and_data() -> dict[str, Path]:
    """Other files that documents show or link to, by their path below `docs/`."""
    files = (*DOCS.glob("*.svg"), *DOCS.glob("*.json"), *DOCS.glob("drawings/*.svg"))
    return {str(file.relative_to(DOCS)): file for file in files}


def document(name: str) -> Document | None:
    file = documents().get(name)
    # Links in it start with the root path, which differs between builds.
    return read(name, file, file.stat().st_mtime_ns, url("/")) if file else None


@lru_cache(maxsize=512)
def read(name: str, file: Path, version: int, root: str) -> Document:
    text = COMMENT.sub("", file.read_text())
    if file.suffix == ".conf":
        text = f"# {file.name}\n\n```nginx\n{text}```\n"
    tokens = PARSER.parse(text)
    sections = list(sections_of(tokens))
    rewrite_links(tokens, file)
    dress_cells(tokens)
    return Document(name, sections[0].title, Markup(write(tokens, sections)), sections)


def sections_of(tokens: list[Token]) -> Iterator[Section]:
    """Gives headings their ids as well, which are those of code hosts."""
    used: set[str] = set()
    starts = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        title = plain(tokens[start + 1])
        name = slug = re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
        number = 0
        while name in used:
            number += 1
            name = f"{slug}-{number}"
        used.add(name)
        tokens[start].attrs["id"] = name
        texts = (plain(token) for token in tokens[start + 2 : end] if not is_link_within(token))
        yield Section(int(tokens[start].tag[1]), name, title, " ".join(" ".join(texts).split()))


def is_link_within(token: Token) -> bool:
    """Whether this is nothing but a link to a section, as in a list of contents."""
    children = token.children or [token]
    is_link = children[0].type == "link_open" and children[-1].type == "link_close"
    number = sum(child.type == "link_open" for child in children)
    return is_link and number == 1 and str(children[0].attrs["href"]).startswith("#")


def plain(token: Token) -> str:
    if token.type == "inline":
        return "".join(plain(child) for child in token.children or ())
    return " " if token.type in ("softbreak", "hardbreak") else token.content


def rewrite_links(tokens: list[Token], file: Path) -> None:
    """Lead links between documents to their pages, and images to theirs."""
    for token in tokens:
        children = token.children or []
        for index, child in enumerate(children):
            if child.type == "image":
                child.attrs["src"] = file_address((file.parent / str(child.attrs["src"])).resolve())
                child.attrs["loading"] = "lazy"
            elif child.type == "link_open":
                address = target(str(child.attrs["href"]), file)
                if address is None:
                    unlink(children, index, str(child.attrs["href"]))
                else:
                    child.attrs["href"] = address


def dress_cells(tokens: list[Token]) -> None:
    """An empty cell is the head of nothing. A style sheet aligns numbers: the policy of this site forbids styles."""
    for start, content, end in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if start.type == "th_open" and not content.content:
            start.tag = end.tag = "td"
        if start.type in ("th_open", "td_open") and start.attrs.pop("style", None) == "text-align:right":
            start.attrs["class"] = "number"
        elif start.type in ("th_open", "td_open") and len(content.content) < SHORT_CELL:
            start.attrs["class"] = "short"
        for child in content.children or [] if start.type in ("th_open", "td_open") else []:
            child.meta["is_narrow"] = True
            if child.type == "text" and child.content == " ":  # between statements or calls
                child.type = "hardbreak"


def unlink(children: list[Token], index: int, path: str) -> None:
    """Show the path of a file that has no address."""
    end = next(i for i in range(index, len(children)) if children[i].type == "link_close")
    label = "".join(plain(child) for child in children[index + 1 : end])
    children[index] = Token("text", "", 0)
    children[end] = Token("text", "", 0)
    path = path.removeprefix("../")
    if path.rstrip("/") not in label:
        children[end].content = f" ({path})"


def target(href: str, file: Path) -> str | None:
    """What a link of a Markdown file is in the site; None if that has no address."""
    if EXTERNAL.match(href) or href.startswith("#"):
        return href
    path, _, fragment = href.partition("#")
    other = (file.parent / path).resolve()
    hash_ = f"#{quote(fragment)}" if fragment else ""
    names = {path: name for name, path in documents().items()}
    if other in names:
        return page_url(names[other]) + hash_
    if DOCS in other.parents and other.is_file():
        return file_address(other)
    return file_url(other) if ROOT in other.parents else None


def file_address(file: Path) -> str:
    return url("/files/{...name}", name=str(file.relative_to(DOCS)))


def write(tokens: list[Token], sections: Sequence[Section]) -> str:
    by_id = {section.id: section for section in sections}
    parts, rest = [], []
    for token in tokens:
        if token.type not in ("fence", "code_block", "heading_open", "table_open", "table_close"):
            rest.append(token)
            continue
        parts.append(PARSER.renderer.render(rest, PARSER.options, {}))
        rest = []
        parts.append(special(token, by_id))
    return "".join([*parts, PARSER.renderer.render(rest, PARSER.options, {})])


def write_text(_: object, tokens: Sequence[Token], place: int, *options: object) -> str:
    return kept_whole(tokens[place].content, WORD)


def write_code(_: object, tokens: Sequence[Token], place: int, *options: object) -> str:
    return inline_code(tokens[place].content, "is_narrow" in tokens[place].meta)


PARSER.add_render_rule("text", write_text)
PARSER.add_render_rule("code_inline", write_code)


def special(token: Token, sections: dict[str, Section]) -> Markup:
    """Elements that have more to them than their Markdown."""
    match token.type:
        case "fence" | "code_block":
            return html(t"<{CodeBlock} code={token.content} language={token.info.strip()} />")
        case "heading_open":
            return html(t"<{Heading} section={sections[str(token.attrs['id'])]} />")
        case "table_open":
            return Markup('<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>')
        case _:
            return Markup("</table></div>")


def CodeBlock(code: str, language: str):
    return t"""<div class="code" data-language={language or "text"}><pre tabindex="0"><code>{
        highlighted(code, language)
    }</code></pre></div>"""


def Heading(section: Section):
    """The start of a heading with its anchor: text and end tag come with the Markdown."""
    anchor = t'<a class="anchor" href="#{section.id}" aria-label="Link to “{section.title}”">#</a>'
    # The id has only letters, digits, `-` and `_`.
    return Markup(f'<h{section.level} id="{section.id}">') + html(t"{anchor if section.level > 1 else None}")
