"""The layout of all pages, and its components."""

from hyperpy import asset, url

from routes._documents import Document, page_url
from routes._navigation import OVERVIEW, Entry, Group, navigation, neighbours
from routes._repository import ADDRESS, VERSION


def Layout(children, title, here="", document=None):
    """A complete page. `here` is the name of its document."""
    return t"""
        <!doctype html>
        <html lang="en">
        <head><{Head} {title} /></head>
        <body>
          <a class="skip" href="#content">Skip to the content</a>
          <{Bar} />
          <div class="columns">
            <nav id="menu" class="menu" aria-label="Documentation">
              <ul><{MenuItem} entry={OVERVIEW} {here} /></ul>
              {[t"<{MenuGroup} {group} {here} />" for group in navigation()]}
            </nav>
            <main id="content" tabindex="-1">
              <article>{children}</article>
              {here and t"<{Pager} {here} />"}
            </main>
            {document and t"<{OnThisPage} {document} />"}
          </div>
          <{Search} />
        </body>
        </html>
    """


def Head(title: str):
    """theme.js comes first and isn't deferred: the page must not be painted in the other scheme before."""
    return t"""
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{title} · hyperpy</title>
        <script src={asset("theme.js")}></script>
        <link rel="icon" href={asset("icon.svg")} type="image/svg+xml">
        <link rel="stylesheet" href={asset("site.css")}>
        <link rel="stylesheet" href={asset("search.css")}>
        <link rel="stylesheet" href={asset("document.css")}>
        <script type="module" src={asset("site.js")}></script>
        <script type="module" src={asset("search.js")}></script>
    """


def Bar():
    repository = t'<a class="repository" href={ADDRESS}>Repository</a>' if ADDRESS else None
    return t"""
        <header class="bar">
          <button id="open-menu" class="script-only" aria-expanded="false" aria-controls="menu">Menu</button>
          <a class="brand" href={url("/")}><{Mark} /> hyperpy <small>{VERSION}</small></a>
          <button id="open-search" class="script-only" aria-keyshortcuts="/"><span>Search</span> <kbd>/</kbd></button>
          <button id="theme" class="script-only" aria-label="Colours: as the system"></button>
          {repository}
        </header>
    """


def Mark():
    return t"""<svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M4 3v18M4 12c4-5 8 5 12 0M16 12V3M16 12v9" /><circle cx="21" cy="12" r="2" /></svg>"""


def MenuGroup(group: Group, here: str):
    name = f"group-{group.title.lower().replace(' ', '-')}"
    return t"""
        <p class="group" id={name}>{group.title}</p>
        <ul aria-labelledby={name}>{[t"<{MenuItem} {entry} {here} />" for entry in group.entries]}</ul>
    """


def MenuItem(entry: Entry, here: str):
    current = "page" if entry.name == here else None
    return t"<li><a href={page_url(entry.name)} aria-current={current}>{entry.label}</a></li>"


def OnThisPage(document: Document):
    sections = [section for section in document.sections if section.level in (2, 3)]
    if len(sections) < 2:
        return None
    return t"""
        <nav class="contents" aria-labelledby="contents-title">
          <p class="group" id="contents-title">On this page</p>
          <ul>{[t'<li class="level-{each.level}"><a href="#{each.id}">{each.title}</a></li>' for each in sections]}</ul>
        </nav>
    """


def Pager(here: str):
    before, after = neighbours(here)
    return t"""
        <nav class="pager" aria-label="Previous and next page">
          {before and t'<a rel="prev" href={page_url(before.name)}><small>Previous</small> {before.label}</a>'}
          {after and t'<a rel="next" href={page_url(after.name)}><small>Next</small> {after.label}</a>'}
        </nav>
    """


def Search():
    return t"""
        <dialog id="search" aria-label="Search" data-index={url("/search.json")}>
          <input type="search" role="combobox" aria-label="Search the documentation"
            placeholder="Search the documentation" aria-expanded="false" aria-controls="results"
            aria-autocomplete="list" autocomplete="off" spellcheck="false">
          <div id="results" role="listbox" aria-label="Results"></div>
          <p id="search-status" role="status"></p>
        </dialog>
    """
