"""FastAPI with its Jinja2 templates."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from bench.apps import HELLO
from bench.data import SHOP
from bench.engines.jinja import ENVIRONMENT

app = FastAPI()
templates = Jinja2Templates(env=ENVIRONMENT)


@app.get("/hello", response_class=HTMLResponse)
async def hello() -> str:
    return HELLO


@app.get("/page", response_class=HTMLResponse)
async def page(request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "page.html", {"shop": SHOP})
