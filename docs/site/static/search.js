// Search without a server: the index is fetched when the dialog first opens.
const dialog = document.querySelector("#search");
const input = dialog.querySelector("input");
const list = dialog.querySelector("#results");
const status = dialog.querySelector("#search-status");
const MOST = 12;
let index;

async function load() {
  const pages = await (await fetch(dialog.dataset.index)).json();
  return pages.flatMap(({ page, url, sections }) => sections.map(([id, title, text], number) => ({
    url: number ? `${url}#${id}` : url,
    page,
    title,
    text,
    titleWords: `${title} ${page}`.toLowerCase(),
    words: text.toLowerCase(),
  })));
}

function score(entry, terms) {
  let total = 0;
  for (const term of terms) {
    const inTitle = entry.title.toLowerCase().includes(term);
    if (!inTitle && !entry.titleWords.includes(term) && !entry.words.includes(term)) return 0;
    total += inTitle ? 20 : entry.titleWords.includes(term) ? 6 : 1;
    total += Math.min(entry.words.split(term).length - 1, 4);
  }
  return total + (entry.title.toLowerCase() === terms.join(" ") ? 30 : 0) + (entry.title === entry.page ? 4 : 0);
}

export function find(entries, query) {
  const terms = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!terms.length) return [];
  return entries.map((entry) => ({ entry, points: score(entry, terms) }))
    .filter(({ points }) => points)
    .sort((a, b) => b.points - a.points)
    .slice(0, MOST)
    .map(({ entry }) => ({ ...entry, terms }));
}

function excerpt({ text, words, terms }) {
  const place = Math.max(0, ...terms.map((term) => words.indexOf(term)));
  const start = place < 60 ? 0 : text.indexOf(" ", place - 50) + 1;
  return `${start ? "… " : ""}${text.slice(start, start + 150)}${text.length > start + 150 ? " …" : ""}`;
}

/** The text with its matches marked, as nodes. */
function marked(text, terms) {
  const pattern = new RegExp(`(${terms.map((term) => term.replace(/[^\w\s]/g, "\\$&")).join("|")})`, "i");
  return text.split(pattern).map((part, number) => {
    if (number % 2 === 0) return part;
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  });
}

function option(entry, number) {
  const link = document.createElement("a");
  link.id = `result-${number}`;
  link.href = entry.url;
  link.role = "option";
  link.tabIndex = -1;
  link.ariaSelected = "false";
  for (const [name, nodes] of [
    ["b", marked(entry.title, entry.terms)],
    ["small", entry.title === entry.page ? [] : [entry.page]],
    ["span", marked(excerpt(entry), entry.terms)],
  ]) {
    const part = document.createElement(name);
    part.append(...nodes);
    link.append(part);
  }
  return link;
}

function select(number) {
  const options = [...list.children];
  options.forEach((each, place) => { each.ariaSelected = String(place === number); });
  const chosen = options[number];
  if (chosen) {
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

const selected = () => [...list.children].findIndex((each) => each.ariaSelected === "true");

async function show() {
  index ??= load();
  const found = find(await index, input.value);
  list.replaceChildren(...found.map(option));
  input.setAttribute("aria-expanded", String(found.length > 0));
  const words = found.length === 1 ? "1 result" : `${found.length} results`;
  status.textContent = input.value.trim() ? (found.length ? words : "Nothing found.") : "";
  select(found.length ? 0 : -1);
}

function open() {
  dialog.showModal();
  input.select();
  show();
}

document.querySelector("#open-search").addEventListener("click", open);
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
  const isShortcut = (event.key === "/" && !isTyping) || (event.key === "k" && (event.ctrlKey || event.metaKey));
  if (!isShortcut || dialog.open) return;
  event.preventDefault();
  open();
});
input.addEventListener("input", show);
input.addEventListener("keydown", (event) => {
  const count = list.children.length;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && count) {
    event.preventDefault();
    select((selected() + step + count) % count);
  } else if (event.key === "Escape") {
    dialog.close(); // the first one would only empty the field
  } else if (event.key === "Enter" && count) {
    event.preventDefault();
    list.children[Math.max(selected(), 0)].click();
  }
});
list.addEventListener("click", () => dialog.close());
dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
