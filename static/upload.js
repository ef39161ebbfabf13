// A form with a <progress> shows there how much of its files has been sent. If no answer comes, such as for a file that
// is too large, it shows its hidden .problem.

addEventListener("htmx:beforeRequest", ({ target }) => show(target, 0));
addEventListener("htmx:xhr:progress", ({ target, detail }) => show(target, detail.loaded / detail.total));
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  addEventListener(failure, ({ target }) => {
    const bar = target.querySelector("progress");
    if (bar) {
      bar.hidden = true;
      target.querySelector(".problem").hidden = false;
    }
  });
}

function show(form, sent) {
  const bar = form.querySelector("progress");
  if (bar && Number.isFinite(sent)) {
    bar.hidden = false;
    bar.value = sent;
    form.querySelector(".problem").hidden = true;
  }
}
