// The drawer at the foot of each page: it stays open from page to page, and shows what comes over the wire.

const MOST = 40;
const made = document.querySelector("#made");
let events = 0;

// By a cookie, the server knows whether to open it: done here, it would move after the first paint.
made.addEventListener("toggle", () => {
  document.cookie = `made=${made.open ? "open" : ""}; path=/; samesite=lax`;
});
addEventListener("hashchange", open);
open();

// A link to the drawer opens it.
function open() {
  if (location.hash === "#made") {
    made.open = true;
    made.querySelector("summary").focus();
  }
}

function show(body, head = "") {
  const list = made.querySelector(".wire");
  const item = document.createElement("li");
  const time = new Date().toLocaleTimeString("en-GB");
  for (const [name, text] of [["b", `${time} ${head}`], ["code", body]]) {
    item.appendChild(document.createElement(name)).textContent = text;
  }
  list.prepend(item);
  while (list.children.length > MOST) {
    list.lastChild.remove();
  }
  made.classList.add("busy");
  events += 1;
  made.querySelector(".count").textContent = `${events} on the wire`;
}

// htmx opens its event streams by this function. An EventSource only tells of the events that it is asked for, so watch
// those that the page listens to.
if (globalThis.htmx) htmx.createEventSource = watched;

function watched(url) {
  const source = new EventSource(url, { withCredentials: true });
  const listen = source.addEventListener.bind(source);
  const names = new Set();
  const watch = (name) => {
    if (!names.has(name)) {
      names.add(name);
      listen(name, frame);
    }
  };
  source.addEventListener = (name, ...rest) => {
    watch(name);
    listen(name, ...rest);
  };
  listen("open", () => show("200 text/event-stream", `GET ${url}`));
  watch("message");
  return source;
}

function frame({ type, data, lastEventId }) {
  if (data === undefined) return; // not an event of the stream
  const lines = data.split("\n").map((line) => `data: ${line.trim()}`);
  if (type !== "message") lines.unshift(`event: ${type}`);
  if (lastEventId) lines.unshift(`id: ${lastEventId}`);
  show(lines.filter((line) => line !== "data: ").join("\n"), `${data.length.toLocaleString("en")} characters`);
}

addEventListener("htmx:afterRequest", ({ detail }) => {
  const { verb, path } = detail.requestConfig;
  show(`${detail.xhr.status} ${detail.xhr.responseText.trim().slice(0, 600)}`, `${verb.toUpperCase()} ${path}`);
});
