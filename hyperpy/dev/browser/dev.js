// Under `hyper dev`, each page has this script. It shows the new code as soon as the server has it.

import { morph } from "./morph.js";
import { hide, notice, show } from "./overlay.js";

const PATIENCE = 5000; // milliseconds that a page may take until it is reloaded instead: some never end

const script = document.querySelector("script[data-generation]");
let shown = script.dataset.generation;
let isError = Number(script.dataset.status) >= 500;
let source;

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

document.addEventListener("visibilitychange", () => (document.hidden ? release() : connect()));
addEventListener("pagehide", release);
addEventListener("pageshow", connect);
connect();
