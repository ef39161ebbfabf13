"""README.md and every page of docs/, by name."""

from tests.docs_support.markdown import Document
from tests.docs_support.shell import REPOSITORY

DOCS = REPOSITORY / "docs"
FOLDERS = ("how-to", "reference", "explanation", "drawings")  # below `docs/`, beside the folder of the site
IN_DOCS = [file for folder in ("", *FOLDERS) for file in sorted((DOCS / folder).glob("*.*"))]
BY_NAME = {"README.md": Document.read(REPOSITORY / "README.md")} | {
    str(file.relative_to(DOCS)): Document.read(file) for file in IN_DOCS if file.suffix == ".md"
}
