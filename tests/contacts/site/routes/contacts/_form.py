from hyperpy import FormField, fragment


def ContactForm(form):
    """Typing an e-mail that somebody else has shows it at once: htmx gets the field alone."""
    return t"""
    <form method="post">
      <{FormField} {form} name="name" autofocus />
      <div id="email-field" {fragment}>
        <{FormField} {form} name="email" type="email" hx_post="" hx_trigger="change" hx_target="#email-field"
          hx_swap="outerHTML" />
      </div>
      <{FormField} {form} name="phone" type="tel" />
      <button>Save</button> <a href="/contacts">Cancel</a>
    </form>
    """
