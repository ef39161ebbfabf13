from hyperpy import HTTPException

from routes._base import Layout
from routes._documents import document, documents
from routes._live import Live

name: str
page = document(name)

if page is None or name == "index":
    raise HTTPException(404)


def static_paths():
    return [{"name": name} for name in documents() if name != "index"]


t"""<{Layout} title={page.title} here={name} document={page}>{page.content}<{Live} {name} /></{Layout}>"""
