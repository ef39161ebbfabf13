from hyperpy import JSONResponse

from routes._documents import document, documents

pages = [document(name) for name in documents()]

response = JSONResponse(
    [
        {"page": page.title, "url": page.url, "sections": [[each.id, each.title, each.text] for each in page.sections]}
        for page in pages
    ]
)
