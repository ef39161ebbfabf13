// Errors and notices over an open page, under `hyper dev`.

const STYLE = `
  :host { all: initial; color-scheme: light dark }
  dialog {
    position: fixed; inset: 0; margin: auto; box-sizing: border-box; width: min(66rem, 100vw - 1.5rem);
    height: fit-content; max-width: none; max-height: calc(100dvh - 1.5rem); overflow: auto;
    overscroll-behavior: contain; padding: 0; border: 1px solid light-dark(#d9d4cd, #403d39);
    border-top: 6px solid #c8232b; border-radius: 10px; font: 16px/1.5 system-ui, sans-serif;
    color: light-dark(#1c1b1a, #eceae6); background: light-dark(#fff, #191817); outline-offset: -3px;
  }
  dialog::backdrop { background: #000a }
  dialog > p { margin: 1.25rem 4rem 1.25rem 1.25rem }
  button {
    position: sticky; float: inline-end; inset-block-start: .6rem; margin: .6rem .6rem 0 0; z-index: 1; width: 2.25rem;
    height: 2.25rem; border: 1px solid light-dark(#8a857d, #77726a); border-radius: 8px; font: 1.1rem/1 system-ui;
    color: inherit; background: light-dark(#fff, #2c2a28); cursor: pointer;
  }
  button:focus-visible { outline: 3px solid light-dark(#0b57b5, #8ab8ff); outline-offset: 1px }
`;

const open = new Map(); // documents to show by what they are of; the first one is shown
const dismissed = new Set(); // the problems that the developer has closed
const styles = new WeakMap(); // those of documents, as text
let host;

/** Show a document over the page until its `owner` hides it. The page itself is the first owner. */
export function show(other, owner = "page") {
  open.set(owner, other);
  render();
}

/** Hide the document of an owner. What has been closed may appear again then. */
export function hide(owner = "page") {
  const other = open.get(owner);
  if (!other) return;
  open.delete(owner);
  dismissed.delete(identity(other));
  render();
}

/** A document with one sentence. */
export function notice(text) {
  const other = document.implementation.createHTMLDocument();
  other.body.append(Object.assign(other.createElement("p"), { textContent: text }));
  return other;
}

function render() {
  const next = [...open.values()].find((other) => !isKnown(identity(other)));
  if (!next) return close();
  const dialog = host?.shadowRoot.querySelector("dialog") ?? opened();
  host.shadowRoot.adoptedStyleSheets = [sheetOf(STYLE, next)];
  dialog.dataset.identity = identity(next);
  const content = [...document.importNode(next.body, true).childNodes];
  dialog.setAttribute("aria-label", next.title || "Notice");
  dialog.replaceChildren(closer(), ...content.filter((node) => node.nodeName !== "SCRIPT"));
  if (!dialog.open) dialog.showModal();
}

/** A document of `hyper dev`. Its styles are kept as text: a strict Content-Security-Policy refuses parsed ones. */
export function documentOf(html) {
  const texts = [];
  const rest = html.replace(/<style>(.*?)<\/style>/gs, (_, text) => (texts.push(text), ""));
  const other = new DOMParser().parseFromString(rest, "text/html");
  styles.set(other, texts.join(""));
  return other;
}

/** A style sheet with those of a document. */
export function sheetOf(style, other) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style + (styles.get(other) ?? ""));
  return sheet;
}

function isKnown(key) {
  return dismissed.has(key) || key === document.querySelector("body > main[data-problem]")?.dataset.problem;
}

/** The same for problems of one kind from one line. */
function identity(other) {
  return other.querySelector("[data-problem]")?.dataset.problem ?? other.body.textContent;
}

/** A dialog in a shadow root, which keeps its styles and those of the page apart. */
function opened() {
  host = document.createElement("hyper-overlay");
  host.dataset.hyperDev = "";
  const dialog = document.createElement("dialog");
  dialog.autofocus = true; // the keys scroll it
  dialog.tabIndex = -1;
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    dismiss();
  });
  host.attachShadow({ mode: "open" }).append(dialog);
  document.documentElement.append(host);
  return dialog;
}

function closer() {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "✕" });
  button.setAttribute("aria-label", "Close (Escape)");
  button.addEventListener("click", dismiss);
  return button;
}

function dismiss() {
  dismissed.add(host.shadowRoot.querySelector("dialog").dataset.identity);
  render();
}

function close() {
  host?.shadowRoot.querySelector("dialog").close(); // gives the focus back
  host?.remove();
  host = undefined;
}
