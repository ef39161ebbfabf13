// Warnings about the code of the open page: a badge in a corner, which opens their list.

import { documentOf, sheetOf } from "./overlay.js";

const STYLE = `
  :host { all: initial; color-scheme: light dark; position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483646 }
  button {
    display: flex; gap: .45em; align-items: center; padding: .4rem .75rem; border-radius: 999px; cursor: pointer;
    border: 1px solid light-dark(#b9912f, #8f7330); color: light-dark(#5a4300, #ffdc8a);
    background: light-dark(#fff6dc, #33290f); font: 600 14px/1.4 system-ui, sans-serif;
    box-shadow: 0 1px 4px light-dark(#0003, #000a);
  }
  button::before { content: "\\26A0"; font-size: 1.05em }
  button:focus-visible { outline: 3px solid light-dark(#0b57b5, #8ab8ff); outline-offset: 2px }
  [popover] {
    position: fixed; inset: auto 1rem 3.75rem auto; margin: 0; padding: 0; width: min(44rem, 100vw - 2rem);
    max-height: min(70dvh, 100dvh - 5.5rem); overflow: auto; overscroll-behavior: contain; box-sizing: border-box;
    border: 1px solid light-dark(#d9d4cd, #403d39); border-top: 6px solid light-dark(#d9a520, #b98d22);
    border-radius: 10px; background: light-dark(#fff, #191817); color: light-dark(#1c1b1a, #eceae6);
    box-shadow: 0 4px 24px light-dark(#0003, #000c);
  }
  main.problem { padding: 1.25rem }
  @media print { :host { display: none } }
`;

let host;
let shown;
let asked = 0;

/** Show the warnings about a route file, or none without it. */
export async function showWarnings(route) {
  const number = ++asked;
  const next = route ? await fetched(route) : null;
  if (number !== asked) return; // a newer one is on its way
  const count = Number(next?.querySelector("[data-warnings]")?.dataset.warnings);
  if (!count) return remove();
  host ??= made();
  const root = host.shadowRoot;
  root.adoptedStyleSheets = [sheetOf(STYLE, next)];
  root.querySelector("button").textContent = `${count} warning${count > 1 ? "s" : ""}`;
  shown = next;
  fill();
}

/** Put the warnings into the list while it is open. At other times, tests of the site find nothing but the badge. */
function fill() {
  const list = host.shadowRoot.querySelector("[popover]");
  const content = list.matches(":popover-open") ? document.importNode(shown.body, true).childNodes : [];
  list.replaceChildren(...content);
}

async function fetched(route) {
  try {
    const response = await fetch(new URL(`warnings?route=${route}`, import.meta.url));
    return response.status === 200 ? documentOf(await response.text()) : null;
  } catch {
    return null; // the server is away; the next page that follows asks again
  }
}

/** The badge, and the list that it opens. Both are in a shadow root, which keeps their styles and the page's apart. */
function made() {
  const element = document.createElement("hyper-warnings");
  element.dataset.hyperDev = "";
  const list = Object.assign(document.createElement("div"), { id: "list", popover: "auto", tabIndex: 0 });
  list.setAttribute("role", "region");
  list.setAttribute("aria-label", "Warnings about this page");
  const button = Object.assign(document.createElement("button"), { type: "button", popoverTargetElement: list });
  list.addEventListener("toggle", () => host && fill());
  element.attachShadow({ mode: "open" }).append(button, list);
  document.documentElement.append(element);
  return element;
}

function remove() {
  host?.remove();
  host = undefined;
}
