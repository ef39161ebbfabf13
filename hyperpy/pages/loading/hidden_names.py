"""Names that compiled code finds in its namespace. Each has a `.` or `~`, so no name in a user's file can be one.

| name | stands for | read by | set by |
|---|---|---|---|
| `.page` | index of the template that was reached | `Run` | the body, or `load_route` if there is only one |
| `.run` | the request's `Run` | the body, to bind inputs where they are declared | `Run` |
| `.called` | checks the result of a bare call | the body | `load_route` |
| `.rendered` | answers with the result of a bare `render(…)` | the body | `load_route` |
| `.respond` | checks a value assigned to `response` | the body | `load_route` |
| `.name` | the exception of `except … as name` | the body, which copies it to `name` | the body |
| `.html` | str → stripped Markup, as `html(t"…")` returns | all code of the folder | `execution` |
| `.markup` | str → Markup, as a component returns | all code of the folder | `execution` |
| `.yielded` | function and values → Markup or Pending, as a stream yields | all code of the folder | `execution` |
| `.render` | renders a Template that can't be compiled in place | all code of the folder | `execution` |
| `_.template0` … | renders one t-string of the file | the file's code | `execution` |
| `package~module` | what `import package.module` binds, if the package has another name | nothing | the import |
| `.branch1` … | the condition of an `if` that has been split at the loader | the body | the body |
"""

PAGE = ".page"
RUN = ".run"
CALLED = ".called"
RENDERED = ".rendered"
RESPOND = ".respond"
HTML = ".html"
MARKUP = ".markup"
YIELDED = ".yielded"
RENDER = ".render"


def hidden(name: str) -> str:
    """A user's name, hidden."""
    return f".{name}"
