// Under `hyper dev`, each page has this script. It shows the new code as soon as the server has it.

import { hasLoadedFrom, swap } from "./assets.js";
import { loadAgain, reloadFrames } from "./fragments.js";
import { morph } from "./morph.js";
import { documentOf, hide, notice, show } from "./overlay.js";
import { listen } from "./problems.js";
import { showWarnings } from "./warnings.js";

const PATIENCE = 5000; // milliseconds that a page may take until it is reloaded instead: some never end

const QUICK_ATTEMPTS = 20; // to reach a server that restarts; after that, one a second

const script = document.querySelector("script[data-generation]");
let shown = script.dataset.generation;
const isError = Number(script.dataset.status) >= 500;
let status = Number(script.dataset.status);
let route = script.dataset.route; // the route file that has answered, if one has
let isOutdated = false; // and the new page could not be fetched
let follows = 0;
let source;
let failures = 0;

function connect() {
  if (source || document.hidden) return;
  source = new EventSource(new URL(`events?since=${shown}`, import.meta.url));
  source.addEventListener("update", (event) => take(JSON.parse(event.data)));
  source.addEventListener("warned", (event) => (JSON.parse(event.data)?.includes(route) ?? true) && warn());
  listen(source);
  source.addEventListener("open", () => {
    failures = 0;
    if (isOutdated) follow();
  });
  source.addEventListener("error", () => {
    if (++failures <= QUICK_ATTEMPTS) return;
    release();
    setTimeout(connect, 1000);
  });
}

function release() {
  source?.close();
  source = undefined;
}

function take({ generation, files, assets }) {
  shown = generation;
  if (!swap(assets, generation)) return location.reload();
  if (concerns(files)) follow();
  if (!files || files.length) reloadFrames(files);
}

/** Whether the page would look different with new code in these route files; null stands for any. */
function concerns(files) {
  if (!files) return true;
  const isAny = !route || status >= 400;
  return files.length > 0 && (isAny || files.includes(route) || hasLoadedFrom(files));
}

/** Wait until the page is complete. False if it takes too long: Chromium waits forever for some broken connections. */
function parsed() {
  if (document.readyState !== "loading") return true;
  return new Promise((resolve) => {
    document.addEventListener("DOMContentLoaded", () => resolve(true), { once: true });
    setTimeout(resolve, PATIENCE, false);
  });
}

async function follow() {
  const number = ++follows;
  const isParsed = await parsed();
  if (number !== follows) return;
  if (script.dataset.method !== "GET") {
    show(notice("The code has changed. This page is the answer to a form: go back and send it again."));
    return;
  }
  if (!isParsed) return location.reload();
  isOutdated = true;
  let response, html;
  try {
    const options = { cache: "no-store", headers: { Accept: "text/html", "Hyper-Dev": "follow" }, signal: AbortSignal.timeout(PATIENCE) };
    response = await fetch(location.href, options);
    html = await response.text();
  } catch (error) {
    if (error.name === "TimeoutError") location.reload();
    return; // if the server is away again, the next connection follows
  }
  if (number !== follows) return; // a newer one is on its way
  isOutdated = false;
  if (response.redirected) return location.assign(response.url);
  const isPage = response.headers.get("content-type")?.startsWith("text/html");
  if (!isPage) return location.reload();
  status = response.status;
  route = response.headers.get("server-timing")?.match(/hyper-route;desc="([^"]*)"/)?.[1];
  if (status >= 500 && !isError) return show(documentOf(html));
  hide();
  if (isError && status < 500) return location.reload(); // nothing of an error page is worth keeping
  if (!morph(new DOMParser().parseFromString(html, "text/html"))) return location.reload();
  loadAgain();
  warn();
}

/** Show the warnings about the page. An error page has them itself. */
function warn() {
  return showWarnings(status < 500 && route);
}

document.addEventListener("visibilitychange", () => (document.hidden ? release() : connect()));
addEventListener("pagehide", release);
addEventListener("pageshow", connect);
connect();
warn();
