"""Names that compiled code finds in its namespace. Each has a `.` or `~`, so no name in a user's file can be one.

| name | stands for | read by | set by |
|---|---|---|---|
| `.page` | index of the template that was reached | `Run` | the body, or `load_route` if there is only one |
| `.run` | the request's `Run` | the body, to bind inputs where they are declared | `Run` |
| `.ended` | whether the body has ended before its last statement | the body and `Run` | `load_route`, the body |
| `.ends` | makes a response the answer; returns whether it is one | the body, classes, `finally` | `execution` |
| `.answer` | does the same, and returns the response or None | functions | `execution` |
| `.result` | the value that a bare expression has evaluated to | the body and functions | these |
| `.isinstance`, `.response` | `isinstance`, and the class of responses | the body and functions | `execution` |
| `.is_answer` | whether a response that is assigned ends the request | the body and functions | `execution` |
| `.kept` | keeps a redirect that the file works on | the body and functions | `execution` |
| `.set` | keeps a redirect assigned to `response` | the body and functions | `execution` |
| `.bound` | makes `response` the answer at the end of its block | the body and functions | `execution` |
| `.rendered` | makes a response of rendered fragments | the body and the loader | `execution` |
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
ENDED = ".ended"
ENDS = ".ends"
ANSWER = ".answer"
RESULT = ".result"
ISINSTANCE = ".isinstance"
RESPONSE = ".response"
IS_ANSWER = ".is_answer"
KEPT = ".kept"
SET = ".set"
BOUND = ".bound"
RENDERED = ".rendered"
HTML = ".html"
MARKUP = ".markup"
YIELDED = ".yielded"
RENDER = ".render"


def hidden(name: str) -> str:
    """A user's name, hidden."""
    return f".{name}"
