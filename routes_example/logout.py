"""Log-out, by a form and not by a link: a browser may follow links on its own."""

from hyperpy import POST, HTTPException, flash, redirect, session

if not POST:
    raise HTTPException(405, headers={"Allow": "POST"})

session.renew()
flash("You are logged out. Fair winds!")
redirect("/")
