from hyperpy import redirect

redirect("/contacts")
