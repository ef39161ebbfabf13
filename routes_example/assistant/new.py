"""Begin a new conversation. Nobody can get back to the old one."""

from hyperpy import POST, HTTPException, redirect, session

if not POST:
    raise HTTPException(405, headers={"Allow": "POST"})

session.pop("conversation", None)
redirect("/assistant")
