// Under `hyper dev`, each page has this script. It shows the new code as soon as the server has it.

import { morph } from "./morph.js";

const PATIENCE = 5000; // milliseconds that a page may take until it is reloaded instead: some never end

const script = document.querySelector("script[data-generation]");
let shown = script.dataset.generation;
let isError = Number(script.dataset.status) >= 500;
let source;
let overlay;

function connect() {
  if (source || document.hidden) return;
  source = new EventSource(new URL("events", import.meta.url));
  source.addEventListener("generation", (event) => {
    if (event.data !== shown) follow((shown = event.data));
  });
}

function release() {
  source?.close();
  source = undefined;
}

async function follow(generation) {
  if (document.readyState === "loading") {
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
  }
  if (script.dataset.method !== "GET") {
    show(notice("The code has changed. This page is the answer to a form, so it stays until you leave it."));
    return;
  }
  let response, html;
  try {
    const options = { cache: "no-store", headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) };
    response = await fetch(location.href, options);
    html = await response.text();
  } catch (error) {
    if (error.name === "TimeoutError") location.reload();
    else if (generation === shown) shown = ""; // the server is away again: the next connection follows
    return;
  }
  if (generation !== shown) return; // a newer one is on its way
  if (response.redirected) return location.assign(response.url);
  const isPage = response.headers.get("content-type")?.startsWith("text/html");
  const next = isPage && new DOMParser().parseFromString(html, "text/html");
  if (!next) return location.reload();
  if (response.status >= 500 && !isError) return show(next);
  hide();
  if (isError && response.status < 500) return location.reload(); // nothing of an error page is worth keeping
  if (!morph(next)) location.reload();
}

/** Show a document over the page, in a shadow root that keeps the styles of the two apart. */
function show(other) {
  hide();
  overlay = document.createElement("div");
  overlay.dataset.hyperDev = "";
  const root = overlay.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  const styles = [...other.querySelectorAll("style")].map((style) => style.textContent).join("");
  sheet.replaceSync(`dialog{position:fixed;inset:0;margin:auto;box-sizing:border-box;width:100%;height:100%;
    max-width:70rem;max-height:90vh;overflow:auto;border:0;border-top:6px solid #c33;color-scheme:light dark;
    font:16px/1.5 system-ui,sans-serif;padding:1rem 2rem;color:#222;background:#fff}dialog::backdrop{background:#0009}
    @media(prefers-color-scheme:dark){dialog{color:#ddd;background:#1b1b1b}}${styles}`);
  root.adoptedStyleSheets = [sheet];
  const dialog = document.createElement("dialog");
  dialog.append(...document.importNode(other.body, true).childNodes);
  root.append(dialog);
  document.documentElement.append(overlay);
  dialog.showModal();
}

function hide() {
  overlay?.shadowRoot.querySelector("dialog").close(); // gives the focus back
  overlay?.remove();
  overlay = undefined;
}

function notice(text) {
  const other = document.implementation.createHTMLDocument();
  other.body.append(Object.assign(other.createElement("p"), { textContent: text }));
  return other;
}

document.addEventListener("visibilitychange", () => (document.hidden ? release() : connect()));
addEventListener("pagehide", release);
addEventListener("pageshow", connect);
connect();
