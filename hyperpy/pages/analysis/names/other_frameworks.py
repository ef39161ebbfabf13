"""Names and packages of other frameworks, and what hyperpy has for them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_PAGE: Final = 'A page is a t-string as a statement of its own: t"<h1>{title}</h1>".'
_APPLICATION: Final = (
    "A file in the routes folder is a route, and needs no application object. For middleware and a lifespan, write"
    " `app = Hyper()` in `app.py`."
)
_FOLDER: Final = (
    "A file in the routes folder is a route. A folder in it is the prefix of their URLs, and its `_guard.py` runs"
    " before them."
)
_GUARD: Final = 'Refuse visitors in the `_guard.py` of a folder: `if "user" not in session: redirect("/login")`.'
_VISITOR: Final = (
    "Write a function that returns the visitor, from the id in the session, and declare it: `user: User ="
    " Depends(current_user)`."
)
_STREAM: Final = 'A stream is an `async def stream()` in a route file: `yield Event(data, event="price")`.'
_SOCKETS: Final = (
    "A stream sends to browsers: an `async def stream()` with `yield`. What browsers send are requests, such as forms."
)
_PUBLISH: Final = 'Publish to a channel, which streams subscribe to: `await channel("items").publish(data)`.'
_FORM: Final = "A form is a pydantic model: `form: Form[Item]`."
_NO_TOKEN: Final = "Forms need no token: requests from other sites are refused without one."
_STATIC: Final = 'Files in the folder `static/` are served at /static/: `asset("site.css")` is the URL of one.'
_JSON: Final = "Return the data from the loader, or write `JSONResponse(data)`."
_SHOWN: Final = "Call `flashes()`: each message has a `text` and a `kind`."
_TOKENS: Final = 'A guard reads the header: `authorization: str = Header("")`.'
_LEAVES: Final = "Write `session.renew()`."
_BACKGROUND: Final = "`spawn(coroutine)` runs work beside the request."
_TEMPLATES: Final = f"{_PAGE} A layout is a function that returns one."

INSTEAD: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("FastAPI", "Flask", "Starlette"), _APPLICATION)
    | dict.fromkeys(("APIRouter", "Blueprint"), _FOLDER)
    | dict.fromkeys(("Jinja2Templates", "TemplateResponse", "TemplateView"), _TEMPLATES)
    | dict.fromkeys(("render_template", "render_template_string", "render_to_response", "render_to_string"), _PAGE)
    | dict.fromkeys(("before_request", "login_required"), _GUARD)
    | dict.fromkeys(("EventSourceResponse", "ServerSentEvent"), _STREAM)
    | dict.fromkeys(("SocketIO", "WebSocket", "websocket"), _SOCKETS)
    | dict.fromkeys(("FlaskForm", "ModelForm"), _FORM)
    | dict.fromkeys(("CSRFProtect", "csrf_exempt", "csrf_protect", "csrf_token", "ensure_csrf_cookie"), _NO_TOKEN)
    | dict.fromkeys(("StaticFiles", "send_from_directory"), _STATIC)
    | dict.fromkeys(("JsonResponse", "jsonify"), _JSON)
    | dict.fromkeys(("HTTPBearer", "OAuth2PasswordBearer"), _TOKENS)
    | dict.fromkeys(("logout", "logout_user"), _LEAVES)
    | dict.fromkeys(("Http404", "abort", "get_object_or_404"), "Raise an HTTPException: `raise HTTPException(404)`.")
    | dict.fromkeys(("reverse", "url_for"), 'Import `url`: `url("/users/{user_id}", user_id=7)`.')
    | {
        "BackgroundTask": f"{_BACKGROUND} Or write `from starlette.background import BackgroundTask`.",
        "BackgroundTasks": f"{_BACKGROUND} To start it after the response, set `response.background =` to a task from"
        " `starlette.background`.",
        "HttpResponse": "Write `response = HTMLResponse(text)`, or set the headers and the status of `response`.",
        "HttpResponseRedirect": 'Write `redirect("/")`, which ends the request.',
        "Annotated": "It is in the standard library: `from typing import Annotated`.",
        "TestClient": 'Write `from hyperpy.testing import client`, and `async with client("routes") as site:`.',
        "jsonable_encoder": "A loader that returns a model or a dict needs no conversion.",
        "lifespan": "Write `app = Hyper(lifespan=lifespan)` in `app.py`, with your async context manager.",
        "status": "Write the number, such as `response.status_code = 404`, or `from starlette import status`.",
        "after_request": "Set `response.headers` in a guard, or add ASGI middleware to the application in `app.py`.",
        "current_app": "The application is `request.app`.",
        "current_user": _VISITOR,
        "emit": _PUBLISH,
        "escape": "A t-string escapes its values: {name}.",
        "g": "Keep a value of the request in `request.state`, or declare a dependency: `user: User = Depends(…)`.",
        "get_flashed_messages": _SHOWN,
        "join_room": 'A room is a channel: `channel(f"room:{room}")`.',
        "login_user": 'Write `session.renew()`, and then `session["user"] = user.id`.',
        "make_response": "Import `response`, and set its headers, cookies and status.",
        "run_in_threadpool": "Write `await asyncio.to_thread(f)` in the loader or the stream.",
        "send_file": 'Write `response = FileResponse(path, filename="a.csv")`.',
        "stream_with_context": "Write `response = StreamingResponse(rows())`: rows() may read `request`.",
        "t": 'A t-string needs no import: the `t` stands in front of the quotes, t"<h1>Hello</h1>".',
        "teardown_request": "Declare a dependency with a `yield`: what follows the `yield` runs at the end.",
    }
)
"""Advice for names that hyperpy doesn't have."""

AMBIGUOUS: Final = frozenset({"ModelForm", "g", "logout", "reverse", "t", "websocket"})
"""Those that may mean anything in a file that doesn't import them."""

FRAMEWORKS: Final = frozenset({"bottle", "django", "fastapi", "fasthtml", "flask", "litestar", "sanic", "tornado"})

EXTENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "flask_cors": "Add Starlette's `CORSMiddleware` to the application in `app.py`.",
        "flask_login": f"Log-in needs no package: the session holds the id of the user. {_GUARD}",
        "flask_session": "The session is a signed cookie: `from hyperpy import session`.",
        "flask_socketio": f"Live updates need no package. {_SOCKETS} {_PUBLISH}",
        "flask_sse": f"Live updates need no package. {_STREAM} {_PUBLISH}",
        "flask_wtf": f"Forms need no package, and no token. {_FORM}",
        "sse_starlette": f"Event streams need no package. {_STREAM}",
        "wtforms": f"Forms need no package. {_FORM}",
    }
)
"""Advice for packages that a site doesn't need."""
