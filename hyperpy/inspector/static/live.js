// Keeps `nav` and `main` up to date with the stream of the same URL. What stays the same keeps its focus and its selection.

const state = document.getElementById("live");
let source = null;

function connect() {
  source?.close();
  source = new EventSource(location.href);
  source.onopen = () => show("live");
  source.onerror = () => show("reconnecting");
  source.onmessage = (event) => {
    const next = document.createElement("template");
    next.innerHTML = event.data;
    for (const element of [...next.content.children]) update(document.getElementById(element.id), element);
  };
}

function show(text) {
  state.textContent = text;
  state.className = text;
}

function update(old, next) {
  if (old.isEqualNode(next)) return;
  if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName || old.id !== next.id) {
    old.replaceWith(next);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = next.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  updateChildren(old, [...next.childNodes]);
}

/** Elements with an id, such as rows, are found by it, wherever they stand now. */
function updateChildren(parent, wanted) {
  const named = new Map([...parent.children].filter((child) => child.id).map((child) => [child.id, child]));
  const ids = new Set(wanted.map((child) => child.id).filter(Boolean));
  let at = parent.firstChild;
  for (const next of wanted) {
    while (at?.id && !ids.has(at.id)) at = removed(at);
    const known = next.id && named.get(next.id);
    if (known && known !== at) {
      parent.insertBefore(known, at);
      update(known, next);
    } else if (at && !(next.id && !known) && !(at.id && at.id !== next.id)) {
      const following = at.nextSibling;
      update(at, next);
      at = following;
    } else {
      parent.insertBefore(next, at);
    }
  }
  while (at) at = removed(at);
}

function removed(node) {
  const following = node.nextSibling;
  node.remove();
  return following;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) source?.close();
  else connect();
});
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => event.persisted && connect());
if (!document.hidden) connect();
