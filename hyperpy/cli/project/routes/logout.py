"""Log out. Only a form can: a link could be followed without anybody clicking it."""

from hyperpy import POST, flash, redirect, session

if POST:
    session.renew()
    flash("You have logged out.")
redirect("/")
