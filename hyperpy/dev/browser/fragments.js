// What htmx has swapped into the page, and iframes: the page that is fetched again has neither.

import { filled } from "./morph.js";

const swapped = new Map(); // targets → the URL of what they show

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const { target, boosted, requestConfig } = detail;
  if (boosted || !target?.isConnected || target === document.body || requestConfig?.verb?.toLowerCase() !== "get") return;
  filled.add(target);
  const style = requestConfig.elt?.closest("[hx-swap]")?.getAttribute("hx-swap") ?? "innerHTML";
  if (style.trim().startsWith("innerHTML")) swapped.set(target, detail.pathInfo?.finalRequestPath ?? requestConfig.path);
  else swapped.delete(target); // such as more and more rows
});

/** Let htmx load its parts of the page once more. */
export function loadAgain() {
  for (const [target, path] of swapped) {
    if (target.isConnected) globalThis.htmx?.ajax?.("GET", path, { target, swap: "innerHTML" });
    else swapped.delete(target);
  }
}

/** Reload the iframes that one of these route files has answered. */
export function reloadFrames(files) {
  for (const { contentWindow } of document.querySelectorAll("iframe")) {
    try {
      const [{ serverTiming }] = contentWindow.performance.getEntriesByType("navigation");
      const routes = serverTiming.filter(({ name }) => name === "hyper-route").map(({ description }) => description);
      if (!files || routes.some((route) => files.includes(route))) contentWindow.location.reload();
    } catch {
      // of another origin, or empty
    }
  }
}
