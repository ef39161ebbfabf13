"""`hyper build`: renders a site into a folder of files."""

from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from hyperpy.app import Hyper
from hyperpy.build.build_report import BuildReport
from hyperpy.build.copied_files import AskedFolder, copied_files
from hyperpy.build.internal_links import InternalLinks
from hyperpy.build.output_folder import Content, OutputFolder
from hyperpy.build.output_paths import Layout, OutputNames, output_path
from hyperpy.build.page_sources import page_sources
from hyperpy.build.recorded_request import RecordingDispatch, Requests, recorded_logs
from hyperpy.build.redirect_pages import REDIRECTS, redirect_list, redirect_page
from hyperpy.build.site_pages import BuiltPage, SitePages, error_of, note_of, site_pages
from hyperpy.check.findings import Finding, in_order
from hyperpy.exceptions import HyperError, Place, display_path
from hyperpy.record_classes import record
from hyperpy.web.built.manifest import BuildManifest, source_digests
from hyperpy.web.static_files import media_type


@record(frozen=True, slots=True)
class BuildOptions:
    out: Path
    layout: Layout = Layout.FOLDERS
    allow_dynamic: bool = False
    origin: str = ""
    """The address of the site, without a path."""
    root: str = ""
    """The percent-encoded path in front of all URLs."""


async def build_site(app: Hyper, options: BuildOptions) -> BuildReport:
    """Build the site in the application's lifespan. If anything is wrong, the folder stays as it was.

    Raises ConfigError for a folder that must not be written.
    """
    sources, static, dispatch = app.loaded_routes.found.folder, app.static_folder, app.dispatch
    folder = OutputFolder.of(options.out, [sources, *([static.folder] if static is not None else [])])
    asked = AskedFolder(static.folder) if static is not None else None
    app.static_folder = asked
    app.dispatch = RecordingDispatch(app, app.loaded_routes, app.settings)
    try:
        with recorded_logs():
            async with app.router.lifespan_context(app) as state:
                requests = Requests(app, {**state} if state else {}, options.origin, options.root)
                build = _Build(options, requests, await site_pages(app, requests), asked)
                await build.collect()
    finally:
        app.static_folder, app.dispatch = static, dispatch
    found = build.found
    found.errors += (*found.page_errors.findings(), *map(Finding.of_error, folder.foreign(build.files)))
    errors, notes = in_order(found.errors), in_order(found.notes)
    out = display_path(str(options.out.absolute()))
    report = BuildReport(out, len(found.pages), errors, notes, found.dynamic, options.allow_dynamic)
    if report.fails:
        return report
    served = [built for built in found.pages if built.page.path in build.served]
    uses = page_sources(app, served, static.folder if static is not None else None)
    digests = source_digests(sources, {file for files in uses.values() for file in files})
    manifest = BuildManifest(pages=build.served, sources=digests, uses=uses, root=options.root)
    return replace(report, written=folder.write(build.files, manifest))


class _Build:
    """The files of one build, and the pages that a server may send from them."""

    def __init__(self, options: BuildOptions, requests: Requests, found: SitePages, static: AskedFolder | None) -> None:
        self.found = found
        self.files: dict[str, Content] = {}
        self.served: dict[str, str] = {}
        self._options = options
        self._requests = requests
        self._static = static
        self._names = OutputNames()

    async def collect(self) -> None:
        for built in self.found.pages:
            try:
                self._add_page(built)
            except HyperError as error:
                self.found.errors.append(Finding.of_error(error.at(built.page.place)))
        for name, path in copied_files(self._static) if self._static is not None else ():
            self._add(name, path, f"the static file {name}", None)
        redirects = [
            (self._options.root + b.page.path, b.target, b.recorded.status) for b in self.found.pages if b.target
        ]
        if redirects:
            self._add(REDIRECTS, redirect_list(redirects), "the list of redirects", None)
        await self._check_links()

    def _add_page(self, built: BuiltPage) -> None:
        path, body = built.page.path, built.recorded.body
        if built.target:
            name = output_path(path, is_html=True, layout=self._options.layout)
            self._add(name, redirect_page(built.target), path, built.page.place)
            return
        if built.page.route is None:
            self._add("404.html", body, "the error page", built.page.place)
            return
        name = output_path(path, is_html=built.media_type == "text/html", layout=self._options.layout)
        self._add(name, body, path, built.page.place)
        guessed = media_type(name)
        if guessed != built.media_type:
            what = (
                f"{built.page.name} is {built.media_type or 'of no type'}, and hosts will take its file for {guessed}"
            )
            self.found.notes.append(note_of(what, built.page.place, "They go by the suffix of the name."))
        elif not built.own_headers:
            self.served[path] = name
        if built.own_headers:
            what = f"{built.page.name} sets {', '.join(built.own_headers)}, which a file doesn't have"
            self.found.notes.append(note_of(what, built.page.place, "Set headers where the files are hosted."))

    def _add(self, name: str, content: Content, owner: str, place: Place | None) -> None:
        error = self._names.claim(name, owner, place)
        if error is None:
            self.files[name] = content
        else:
            self.found.errors.append(Finding.of_error(error))

    async def _check_links(self) -> None:
        options = self._options
        links = InternalLinks(
            self._requests.app,
            self.found.pages,
            self.files.keys(),
            self.found.failed.union(each.url for each in self.found.dynamic),
            options.layout,
            options.root,
            options.origin,
        )
        links.check(self.found.page_errors)
        for path in sorted(links.own_files):
            recorded = await self._requests.get(path)
            if recorded.status == HTTPStatus.OK:
                self._add(path.lstrip("/"), recorded.body, path, None)
            else:
                self.found.errors.append(error_of(f"hyperpy has no file {path}, to which a page links", None))
