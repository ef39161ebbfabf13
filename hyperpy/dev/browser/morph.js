// Changes a document into another one, and keeps what the visitor has done to it.

// Filled in the browser: while the server sends them empty, they keep their content.
const FILLED = "[sse-swap], [x-text], [x-html], [data-text]";
const BINDINGS = [":", "x-bind:", "v-bind:", "data-attr:", "data-attr-"]; // a script sets the attribute after these
// By these, a library has connected an element to a stream, or has begun something else that it would not end.
const STARTS = /^((sse|ws)-connect|hx-(sse|ws)(:connect)?|hx-ext|x-data|x-init|data-(init|on-load|on-interval)(__.*)?)$/;
const KEPT = "canvas, [hx-preserve]";
const DATA_SCRIPT = /^(application\/(ld\+)?json|text\/(plain|template|html))$/i;

/** Attributes as the server has sent them, of elements that show a newer version of a static file. */
export const served = new WeakMap();

const OWN = "script[data-generation], [data-hyper-dev]";

/** What the visitor has typed in elements with `contenteditable`, or a script has put into its target, stays. */
export const filled = new WeakSet();
document.addEventListener("input", ({ target }) => target.isContentEditable && filled.add(target));

/** The text of elements without others inside, as the server has sent it. What a script has made of it stays until the
 * server sends something else. */
const sent = document.querySelector("script[src$='/sent.js'][data-hyper-dev]")?.texts ?? new WeakMap();
noteSent();

function noteSent() {
  for (const element of document.querySelectorAll("body *")) {
    if (!element.childElementCount && !sent.has(element)) sent.set(element, element.textContent);
  }
}

/** Morph `document` into `next`. Returns false, and changes nothing, if only a reload can run its scripts. */
export function morph(next) {
  const known = new Set([...document.scripts].filter(runs).map(identity));
  if ([...next.scripts].filter(runs).some((script) => !known.has(identity(script)))) return false;
  const focus = rememberFocus();
  generated = new Set([...document.querySelectorAll("template")].flatMap(copies));
  const place = [scrollX, scrollY];
  syncAttributes(document.documentElement, next.documentElement);
  morphChildren(document.head, next.head);
  syncAttributes(document.body, next.body);
  morphChildren(document.body, next.body);
  noteSent();
  focus();
  if (scrollX !== place[0] || scrollY !== place[1]) scrollTo({ left: place[0], top: place[1], behavior: "instant" });
  globalThis.htmx?.process?.(document.body);
  return true;
}

let generated; // elements that Alpine.js has made from templates

function copies(template) {
  const { _x_lookup: loop, _x_currentIfEl: shown } = template;
  const looped = loop ? [...(loop.values?.() ?? Object.values(loop))] : [];
  return shown ? [shown, ...looped] : looped;
}

/** Whether an element is not the server's, so that the page keeps it. */
function isForeign(node) {
  return node.nodeType === Node.ELEMENT_NODE && (node.matches(OWN) || generated.has(node));
}

function runs(script) {
  return !DATA_SCRIPT.test(script.type) && !script.matches(OWN);
}

function identity(script) {
  return `${script.type} ${script.getAttribute("src") ?? script.textContent}`;
}

function morphNode(old, next) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue;
  } else if (!old.matches(KEPT)) {
    if (isSheet(old) && !shows(old, "href", next.getAttribute("href"))) {
      return replaceSheet(old, document.importNode(next, true));
    }
    syncAttributes(old, next);
    if (old instanceof HTMLTemplateElement) morphChildren(old.content, next.content);
    else if (!filled.has(old) && (next.hasChildNodes() || !isFilledLater(old)) && isSentAnew(old, next)) {
      morphChildren(old, next);
      sent.delete(old);
    }
  }
  return old;
}

function isSentAnew(old, next) {
  return next.childElementCount > 0 || sent.get(old) !== next.textContent;
}

function isFilledLater(element) {
  return element.matches(FILLED) || element.localName.includes("-");
}

function syncAttributes(old, next) {
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !isOfVisitor(old, name)) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (!shows(old, name, value) && !isOfVisitor(old, name)) old.setAttribute(name, value);
  }
}

function shows(element, name, value) {
  return element.getAttribute(name) === value || served.get(element)?.[name] === value;
}

/** Whether an attribute holds what a visitor or a script has changed. Browsers hide the value of a nonce. */
function isOfVisitor(element, name) {
  if (name === "open") return element.matches("details, dialog");
  if (BINDINGS.some((prefix) => element.hasAttribute(prefix + name))) return true;
  return name === "nonce" || (name === "style" && element.style?.display === "none");
}

function morphChildren(old, next) {
  const byId = new Map([...old.childNodes].filter(idOf).map((node) => [idOf(node), node]));
  const nextIds = new Set([...next.childNodes].map(idOf).filter(Boolean));
  let here = old.firstChild;
  const skip = () => {
    while (here && isForeign(here)) here = here.nextSibling;
  };
  for (const wanted of [...next.childNodes]) {
    skip();
    const match = idOf(wanted) ? sameKind(byId.get(idOf(wanted)), wanted) : unkeyed(here, wanted, nextIds);
    if (match === null) {
      old.insertBefore(document.importNode(wanted, true), here);
    } else if (match === here) {
      here = morphNode(match, wanted).nextSibling;
    } else {
      place(old, match, here);
      morphNode(match, wanted);
    }
    byId.delete(idOf(wanted));
  }
  while ((skip(), here)) {
    const gone = here;
    here = here.nextSibling;
    remove(gone);
  }
}

/** The next of the old siblings that has no id of its own to match by, and is of the same kind. */
function unkeyed(from, wanted, nextIds) {
  for (let node = from; node; node = node.nextSibling) {
    if (isForeign(node)) continue;
    if (!nextIds.has(idOf(node)) && sameKind(node, wanted)) return node;
  }
  return null;
}

function sameKind(node, wanted) {
  const same = node?.nodeType === wanted.nodeType && node.nodeName === wanted.nodeName;
  const alike = ["type", "name"].every((name) => same && attribute(node, name) === attribute(wanted, name));
  return alike && node.namespaceURI === wanted.namespaceURI && starts(node) === starts(wanted) ? node : null;
}

/** What libraries start for an element: one that starts something else is another element. */
function starts(node) {
  const attributes = [...(node.attributes ?? [])].filter(({ name }) => STARTS.test(name));
  return attributes.map(({ name, value }) => `${name}=${value}`).sort().join("\n");
}

/** Remove an element, and have htmx 2 close its streams now instead of with their next event. */
function remove(node) {
  const connected = node.querySelectorAll ? [node, ...node.querySelectorAll("[sse-connect], [ws-connect]")] : [];
  for (const element of connected) globalThis.htmx?.trigger?.(element, "htmx:beforeCleanupElement");
  node.remove();
}

function idOf(node) {
  return attribute(node, "id");
}

/** An attribute of a node. The properties of a form may be its fields instead: `form.id`, `form.name`. */
function attribute(node, name) {
  return node.nodeType === Node.ELEMENT_NODE ? node.getAttribute(name) : null;
}

function place(parent, node, before) {
  if (parent.moveBefore && node.isConnected) parent.moveBefore(node, before);
  else parent.insertBefore(node, before);
}

function isSheet(element) {
  return element.localName === "link" && element.relList.contains("stylesheet");
}

/** Load the new style sheet before the old one goes, so that the page never shows without styles. */
export function replaceSheet(old, link) {
  const done = () => old.remove();
  link.addEventListener("load", done);
  link.addEventListener("error", done);
  old.dataset.hyperDev = "";
  old.after(link);
  return link;
}

function rememberFocus() {
  const active = document.activeElement;
  const range = [active?.selectionStart, active?.selectionEnd, active?.selectionDirection];
  return () => {
    if (!active || active === document.activeElement) return;
    const now = active.isConnected ? active : active.id && document.getElementById(active.id);
    if (!now || now === document.body) return;
    now.focus({ preventScroll: true });
    if (typeof range[0] === "number") now.setSelectionRange?.(...range);
  };
}
