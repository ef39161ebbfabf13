from hyperpy import POST, flash, redirect, session

if POST:
    session.renew()
    flash("You are logged out.")
    redirect("/login")
