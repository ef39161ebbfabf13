"""What a request with invalid inputs is told."""

from tests.support.sites import Site


async def test_all_invalid_inputs_of_a_request_are_reported_at_once(site: Site) -> None:
    source = """
        from hyperpy import DELETE, GET, POST, Form, Header, InputMarker, Query, Request
        from pydantic import BaseModel

        class Tenant(InputMarker):
            def value(self, request: Request, name: str) -> str:
                raise AssertionError("read too early")

        class Model(BaseModel):
            text: str

        page: int = Query(1, ge=1)
        form: Form[Model]
        if POST:
            number: int = Query()
            name: str = Form(min_length=3)
            if page == 2:
                inner: int = Query()
        if POST:
            later: int = Header()
            tenant: str = Tenant()
        if DELETE:
            reason: str = Query()
        if not POST:
            sort: int = Query(0)
        t"<p>"
        """
    client = site({"index.py": source})
    table = [
        ("POST", "/?page=0", ["later", "name", "number", "page"]),
        ("POST", "/?page=1", ["later", "name", "number"]),
        ("POST", "/?page=0&number=1", ["later", "name", "page"]),
        ("GET", "/?page=0&sort=x", ["page", "sort"]),
        ("HEAD", "/?page=0&sort=x", None),
        ("DELETE", "/?page=0&sort=1", ["page", "reason"]),
        ("GET", "/?sort=1", None),
    ]
    wrong = []
    for method, url, expected in table:
        answer = await client.request(method, url, data={"name": "x"}, headers={"Accept": "application/json"})
        found = sorted(answer.json()["fields"]) if answer.status_code == 422 and answer.content else None
        if found != expected:
            wrong.append((method, url, answer.status_code, answer.text[:300]))
    assert wrong == []
