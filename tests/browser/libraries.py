"""Browser libraries for tests, fetched from npm and PyPI: files, the names of attributes in their source, attacks."""

import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fetch_browser_scripts import check, digest


@dataclass(frozen=True, slots=True)
class Package:
    """A package, and its files that a page loads. `integrity` is the SHA-512 of its archive."""

    name: str
    version: str
    integrity: str
    files: tuple[str, ...]

    @property
    def is_wheel(self) -> bool:
        return self.name == "starhtml"

    def read(self, archive: Path) -> dict[str, str]:
        """The files by name, after checking the archive."""
        check(archive.read_bytes(), self.integrity, f"{self.name} {self.version}")
        if self.is_wheel:
            with zipfile.ZipFile(archive) as wheel:
                return {file: wheel.read(file).decode() for file in self.files}
        with tarfile.open(archive) as tarball:
            members = {file: tarball.extractfile(f"package/{file}") for file in self.files}
            return {file: member.read().decode() for file, member in members.items() if member}


def alpine_plugin(name: str, version: str, integrity: str) -> Package:
    return Package(f"@alpinejs/{name}", version, f"sha512-{integrity}", ("dist/cdn.min.js",))


HTMX_2 = Package(
    "htmx.org",
    "2.0.11",
    "sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
    ("dist/htmx.js",),
)
IDIOMORPH = Package(
    "idiomorph",
    "0.8.0",
    "sha512-R47JBL+6jHDQvcnbppIUtXXcxi5h6+wuCEEZXnRhUltsgzPFKzThL5PuHppP9ypJuy+7WawcY1TsSBD/iQbMhw==",
    ("dist/idiomorph-ext.js",),
)
HTMX_4 = Package(
    "htmx.org",
    "4.0.1",
    "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
    (
        "dist/htmx.js",
        *(
            f"dist/ext/hx-{name}.js"
            for name in [
                "browser-indicator",
                "download",
                "head",
                "live",
                "multipart",
                "pending",
                "preload",
                "prompt",
                "ptag",
                "sse",
                "targets",
                "upsert",
                "ws",
            ]
        ),
    ),
)
ALPINE = Package(
    "alpinejs",
    "3.17.5",
    "sha512-XewMqRC6zjy8iaUPn86dxjvooAsNai3hUtQbdn0A5H2w7Jt10xHGZ1SczN5+Dvp3UKkuSEt9moy/UaUWOwKdnQ==",
    ("dist/cdn.min.js",),
)
PLUGINS = (
    alpine_plugin(
        "mask", "3.17.5", "Luqp6ZcATVCgUTBSyet40LNezOH+X0QEJpwCa9stFmZT6ozDi3HeLFlNQM8LJJ3Y2fM7psLKBtYrJc7n7WY89w=="
    ),
    alpine_plugin(
        "sort", "3.17.4", "GHy/duQx9CvvDu9bUxDxFFwBVTZ59QQNQOEQ346h8qFqQU1lcK1vfxZTQWfw6hujCUJ+Xi2ayjXO7OvMb+NQRA=="
    ),
    alpine_plugin(
        "intersect",
        "3.17.4",
        "soIfavWRHh1dEs05z6wkKtYf8i/ohIG1EDo51urbURj8HifVLV8hd4oCVEGlKwEwt6NXBZDhWMhKk9SM//JHtQ==",
    ),
    alpine_plugin(
        "resize", "3.17.3", "7FKc7a/yFHhd9ikX02Fu35+y+f4IgbUfL3Sy77ufHjzbEU3TXmvHPPmfsbCyJZBMXtNJfVPrck1LkC/pspwO/g=="
    ),
    alpine_plugin(
        "anchor", "3.17.3", "BeKw+NCjkni6pya8jMZpPeL429L+qoSHIUs15LCbPF03bsANyWjUIC2jZ85PX+y6X9hjI1k4GQUIHwI/yRtWXw=="
    ),
    alpine_plugin(
        "focus", "3.17.5", "wQsgn+DKAxb7FD18jMgDsAlGqoayMiL8BYOiQIGcwCWxwqDKMVBX0OZ9/vezrf4u6C2LASkJHuvBphvOGgtZCg=="
    ),
    alpine_plugin(
        "collapse", "3.17.5", "6UJsyEef1a5gh18VhTomP/kHYFxg82ExKSyaezU0iMwTWZSNaApZIvdr7FbMMb5qs+TECctkRgJD37Y3QOyo+A=="
    ),
)
VUE = Package(
    "vue",
    "3.5.45",
    "sha512-3cvsib8m9c0vB24+MDKsgcW4+Da4xaBl9Z/5Tbm2pmSIsRPxcil4cdXjXlVsmJ2g64XJo5h+IRd7rsdGT9pZaw==",
    ("dist/vue.global.prod.js",),
)
HYPERSCRIPT = Package(
    "hyperscript.org",
    "0.9.93",
    "sha512-9Lr9SisBgUW5AjeTekwXErZJLlnFFfq8BiXDzaMGpmX8MA64XdSM3MFYDaWsSFj/ALxeWwtteVgWobKn8DYIkA==",
    ("dist/_hyperscript.min.js",),
)
DATASTAR = Package(
    "starhtml",
    "0.7.0",
    "sha512-xik3kRoWtih8puEQtcjzG3WHLqelu8ljCwS6mgXJLCEK7VHfUv7cxNvopkFtYYJIQwk5XHVdMuHW7GsD8B4Qfw==",
    ("starhtml/static/js/datastar-core.js",),
)
AXE = Package(
    "axe-core",
    "4.14.1",
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    ("axe.min.js",),
)
PACKAGES = (HTMX_2, IDIOMORPH, HTMX_4, ALPINE, *PLUGINS, VUE, HYPERSCRIPT, DATASTAR, AXE)

type Sources = dict[Package, dict[str, str]]


def fetch(npm: str, cache: Path) -> Sources:
    """The files of all packages. Archives that `cache` does not have are downloaded there, without running any code."""
    cache.mkdir(parents=True, exist_ok=True)
    archives = {package: _archive(package, cache) for package in PACKAGES}
    missing = [package for package, path in archives.items() if not _is_fetched(package, path)]
    tarballs = [f"{package.name}@{package.version}" for package in missing if not package.is_wheel]
    if tarballs:
        pack = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(cache), *tarballs]
        subprocess.run(pack, check=True, cwd=cache, capture_output=True, timeout=300)
    for package in missing:
        if package.is_wheel:
            wheel = f"{package.name}=={package.version}"
            download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache), wheel]
            subprocess.run(download, check=True, capture_output=True, timeout=300)
    return {package: package.read(path) for package, path in archives.items()}


def _archive(package: Package, cache: Path) -> Path:
    if package.is_wheel:
        return cache / f"{package.name}-{package.version}-py3-none-any.whl"
    return cache / f"{package.name.lstrip('@').replace('/', '-')}-{package.version}.tgz"


def _is_fetched(package: Package, path: Path) -> bool:
    return path.is_file() and digest(path.read_bytes(), "sha512") == package.integrity


@dataclass(frozen=True, slots=True)
class Subject:
    """A library under attack.

    `find` finds the names of attributes in its source, and `spell` are the ways to write one that was found. `element`
    is the start of a tag that the library processes, `start` the JavaScript that makes it process the new element `e`,
    and `proof` an element whose literal attribute sets `pwned`.
    """

    title: str
    packages: tuple[Package, ...]
    find: str
    spell: tuple[str, ...]
    element: str
    start: str
    proof: str
    extra: tuple[str, ...] = ()
    is_module: bool = False

    def names(self, sources: Sources) -> list[tuple[str, bool]]:
        """The names of attributes, and whether each is a variant of another one."""
        text = "\n".join(text for package in self.packages for text in sources[package].values())
        found = {group for match in re.finditer(self.find, text) for group in match.groups() if group}
        words = {word for group in found for word in re.split(r"[,\s]+", group) if word}
        spelled = [
            (spelling.format(word), index > 0) for word in sorted(words) for index, spelling in enumerate(self.spell)
        ]
        return spelled + [(name, False) for name in self.extra]


SINKS = "href src action formaction srcdoc onclick style inner-html xlink:href title"


def bound(*prefixes: str) -> tuple[str, ...]:
    return tuple(prefix + sink for prefix in prefixes for sink in SINKS.split())


_HTMX = r"""["'`\[](?:data-)?((?:hx|sse|ws)-[a-z-]*[a-z](?::[a-z]+)?)["'`\],(:]"""
_HTMX_EXTRA = (
    "hx-on:click",
    "hx-on::load",
    "hx-on-click",
    "hx-on",
    "hx-get",
    "hx-post",
    "hx-query",
    "hx-status:2xx",
    "hx-status:200",
    "hx-vals-inherited",
)
SUBJECTS = (
    Subject(
        "htmx 2",
        (HTMX_2, IDIOMORPH),
        _HTMX,
        ("{}", "data-{}"),
        '<button hx-get="/x" hx-trigger="load, click" hx-ext="morph"',
        "htmx.process(e)",
        """<p hx-get=/x hx-trigger="load" hx-ext=morph hx-swap="morph:window.pwned=1">""",
        extra=_HTMX_EXTRA,
    ),
    Subject(
        "htmx 4",
        (HTMX_4,),
        _HTMX,
        ("{}", "data-{}", "{}:inherited", "{}:append", "{}:inherited:append"),
        '<button hx-get="/x" hx-trigger="load, click"',
        "htmx.process(e)",
        """<p hx-get=/x hx-trigger="load" hx-confirm="js:window.pwned=1">""",
        extra=(*_HTMX_EXTRA, *bound("hx-live:"), "hx-live:html", "hx-live:text", "hx-live:?disabled"),
    ),
    Subject(
        "Alpine.js",
        (*PLUGINS, ALPINE),
        r"""(?:directive|[a-zA-Z$_]{1,2})\(["'`]([a-z]{2,12})["'`],(?=\(?[\w$,{(]|.{0,12}skipDuringClone)""",
        ("x-{}", "x-{}:dynamic", "x-{}.once:x", "x-{}-"),
        "<a x-data",
        "0",
        """<p x-data x-init="window.pwned=1">""",
        extra=(*bound(":", "x-bind:", "x-bind.camel:"), "@click", "@x.window", "x-on:click", "x-bind", ":key"),
    ),
    Subject(
        "Vue",
        (VUE,),
        r"""["'`]((?:bind|cloak),(?:[a-z-]+,)+[a-z-]+)["'`]""",
        ("v-{}", "v-{}:x", "v-{}.prop"),
        "<a data-app",
        "Vue.createApp({template: e.outerHTML}).mount(document.body.appendChild(document.createElement('p')))",
        """<p v-text="$el, $.appContext.app, [].constructor.constructor('window.pwned=1')()">""",
        extra=(*bound(":", ".", "v-bind:"), ":[a]", "@click", "#item", ":inner-html.prop", ":inner-html.camel"),
    ),
    Subject(
        "Datastar",
        (DATASTAR,),
        r"""\{name:["']([a-z-]+)["'](?:,requirement|,apply|,returnsValue)""",
        ("data-{}", "data-{}:x", "data-{}__once", "data-{}-x", "data-star-{}"),
        "<a",
        "0",
        """<p data-init="window.pwned=1">""",
        extra=(*bound("data-attr:", "data-attr-"), "data-on:click", "data-on-signal-patch-filter", "data-style:color"),
        is_module=True,
    ),
    Subject(
        "hyperscript",
        (HYPERSCRIPT,),
        r"""attributes:["']([^"']+)["']""",
        ("{}",),
        "<p",
        "_hyperscript.processNode(e)",
        """<p _="on load or click set window.pwned to 1 end init set window.pwned to 1">""",
        extra=("hs-include", "dom-scope"),
    ),
)

HOSTILE = (
    "pwned=1",
    '"+(window.pwned=1)+"',
    "'+(window.pwned=1)+'",
    "');window.pwned=1//",
    "javascript:window.pwned=1",
    " JavaScript:pwned=1",
    "js:window.pwned=1",
    "\ufeffjs:{a:window.pwned=1}",
    "\xa0js:{a:window.pwned=1}",
    "load[window.pwned=1]",
    "every 10ms [window.pwned=1]",
    "morph:window.pwned=1",
    "morph:{morphStyle:window.pwned=1}",
    "load -> window.pwned=1 //",
    "click once -> window.pwned=1; x -> 1",
    "i in [window.pwned=1]//",
    "(window.pwned=1) in x",
    "`+(window.pwned=1)+`",
    "${window.pwned=1}",
    "{{window.pwned=1}}",
    "<img src=x onerror=window.pwned=1>",
    "request.action:'js:window.pwned=1' confirm:'js:window.pwned=1'",
    'text:"<img src=x onerror=window.pwned=1>" swap:innerHTML',
    "action:'js:window.pwned=1'",
    '{"action":"js:window.pwned=1"}',
    "🖕JS_$`+(window.pwned=1))//_DS🚀",
    "🖕JS_$'+(window.pwned=1))//_DS🚀",
    "$`;window.pwned=1//",
    "@get('/x');window.pwned=1",
    "init set window.pwned to 1",
    "on load js window.pwned=1 end",
    "{x-init: 'window.pwned=1'}",
    "a:1,x:window.pwned=1",
    "/x' onload='window.pwned=1",
)
HOSTILE_MAPPINGS = (
    {"onclick": "window.pwned=1", "title": "x"},
    {"href": "javascript:window.pwned=1"},
    {"title": '"+(window.pwned=1)+"', "in": "of"},
    {"x-init": "window.pwned=1", "@click": "window.pwned=1"},
    {"innerHTML": "<img src=x onerror=window.pwned=1>"},
    {"action": "js:window.pwned=1", "confirm": "js:window.pwned=1"},
    {"a": '","action":"js:window.pwned=1', "}": "{"},
    {"__proto__": {"confirm": "js:window.pwned=1"}},
)

# Ways to write a value into attribute `NAME`. `v` is the value.
FORMS = (
    "NAME={v}",
    "NAME='{v}'",
    "NAME='a {v}'",
    "NAME='{v} a'",
    "NAME='j{v}'",
    "NAME='{v}{v}'",
    "NAME='{v[:3]}{v[3:]}'",
    "NAME='[{v}]'",
    "NAME='&quot;{v}&quot;'",
    "NAME=\"x('{v}', {v})\"",
    "NAME='x in {v}'",
    "NAME='{{ a: {v}, title: &quot;{v}&quot; }}'",
    "NAME='{{ &quot;href&quot;: {v} }}'",
    "NAME='click[{v}]'",
    "NAME='js:{v}'",
    "NAME={v if v else None}",
    "NAME={[v]}",
    "NAME={ {v: v} }",
    "NAME={Markup(v)}",
    "NAME={v:safe}",
    "{ {'NAME': v}:**}",
    "{ {'NAME': [v]}:**}",
)
DATA_FORMS = ("data={ {'SHORT': v} }", "{ {'data': {'SHORT': v}}:**}")
MAPPING_FORMS = ("NAME={v}", "{ {'NAME': v}:**}", "NAME='f({v})'", "NAME='{{ a: {v} }}'")


def sources_of(element: str, name: str) -> Iterator[tuple[str, bool]]:
    """T-string sources for an attribute, and whether their value is a mapping."""
    for form in FORMS:
        yield f"{element} {form.replace('NAME', name)}>a</{element[1:].partition(' ')[0]}>", False
    if name.startswith("data-"):
        for form in DATA_FORMS:
            yield f"{element} {form.replace('SHORT', name[5:])}>a</{element[1:].partition(' ')[0]}>", False
    for form in MAPPING_FORMS:
        yield f"{element} {form.replace('NAME', name)}>a</{element[1:].partition(' ')[0]}>", True
    yield f"<{{box}} {{ {{'{name}': v}}:**}} />", False
    yield f"<{{wrap}} slot={{t'{element} {name}={{v}}>a'}} />", False
