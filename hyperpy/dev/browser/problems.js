// Problems of requests that this page has made: of its streams, of its scripts, and of the rest of its own document.

import { documentOf, hide, show } from "./overlay.js";

const seen = new Set();
const solved = new Set();

/** Show the problems that an event source names, until it says that they are solved. */
export function listen(source) {
  source.addEventListener("problem", (event) => take(JSON.parse(event.data)));
  source.addEventListener("solved", (event) => end(JSON.parse(event.data).id));
  source.addEventListener("unsolved", (event) => {
    const ids = JSON.parse(event.data);
    for (const id of seen) if (!ids.includes(id)) end(id);
  });
}

function end(id) {
  solved.add(id);
  hide(id);
}

async function take({ id, page, at }) {
  const isHere = page === null || page === location.pathname + location.search;
  if (seen.has(id) || at < performance.timeOrigin || !isHere) return;
  seen.add(id);
  const response = await fetch(new URL(`problems/${id}`, import.meta.url));
  if (!response.ok) return; // solved meanwhile
  const problem = documentOf(await response.text());
  if (!solved.has(id)) show(problem, id);
}
