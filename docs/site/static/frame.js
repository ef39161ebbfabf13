// What htmx would do in the live examples, in a few lines: events replace an element or are appended, typing asks anew.
const { source } = document.documentElement.dataset;
const list = document.querySelector("ol");

if (source) {
  new EventSource(source).onmessage = ({ data }) => {
    const now = document.querySelector("#now");
    if (now) now.outerHTML = data;
    else list.insertAdjacentHTML("afterbegin", data);
  };
}

document.querySelector("input[type=search]")?.addEventListener("input", async ({ target }) => {
  const url = `?${new URLSearchParams({ q: target.value })}`;
  const response = await fetch(url, { headers: { "HX-Request": "true", Accept: "text/html" } });
  document.querySelector("#found").outerHTML = await response.text();
});
