// Puts changed static files into the open page: style sheets and images in place, without a fetch of the page.

import { replaceSheet, served } from "./morph.js";

const HASH = /\.[0-9a-f]{16}(?=\.[^./]+$|$)/;
const SHEET = /\.css$/i;
const IMAGE = /\.(apng|avif|bmp|gif|ico|jpe?g|png|svg|webp)$/i;
const FONT = /\.(woff2?|ttf|otf)$/i;
const WITH_URL = "[src], [srcset], [href], [poster], [style*='url'], [data]";
const ATTRIBUTES = ["src", "srcset", "href", "xlink:href", "imagesrcset", "poster", "style", "data"];

const routes = new Set(); // the route files of all that the page has loaded
const loaded = new Map(); // what it has loaded: paths without hashes → whether a style sheet has asked for them

new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type: "resource", buffered: true });

function note({ name, initiatorType, serverTiming }) {
  const path = plain(name);
  loaded.set(path, loaded.get(path) || initiatorType === "css");
  for (const timing of serverTiming ?? []) if (timing.name === "hyper-route") routes.add(timing.description);
}

/** Whether the page has loaded something that one of these route files has answered. */
export function hasLoadedFrom(files) {
  return files.some((file) => routes.has(file));
}

/** Show the new content of static files. Returns false if only a reload of the page can. */
export function swap(assets, generation) {
  const used = assets.filter(({ path }) => loaded.has(path) || elementsWith(path).length);
  if (used.some(({ path }) => ![SHEET, IMAGE, FONT].some((kind) => kind.test(path)))) return false;
  const nested = used.some(({ path }) => loaded.get(path) || FONT.test(path));
  for (const asset of used) {
    const version = ({ pathname }) => (HASH.test(pathname) && asset.url) || `${asset.path}?hyper=${generation}`;
    for (const element of elementsWith(asset.path)) {
      if (isSheet(element) && SHEET.test(asset.path)) reload(element, version(new URL(element.href)));
      else if (IMAGE.test(asset.path)) rewrite(element, asset.path, version);
    }
  }
  if (nested) refreshNested(used, generation);
  return true;
}

/** What a sheet imports or shows has changed: fetch that again, then load every sheet of the site again. */
async function refreshNested(assets, generation) {
  const urls = performance.getEntriesByType("resource").map(({ name }) => name);
  const changed = urls.filter((url) => assets.some(({ path }) => plain(url) === path));
  await Promise.all([...new Set(changed)].map((url) => fetch(url, { cache: "reload" })));
  for (const sheet of document.querySelectorAll("link[rel~=stylesheet]")) {
    const url = new URL(sheet.href);
    if (url.origin !== location.origin || !isSheet(sheet)) continue;
    url.searchParams.set("hyper", generation);
    reload(sheet, url.pathname + url.search);
  }
  for (const style of document.querySelectorAll("style")) {
    if (/url\(|@import/.test(style.textContent)) style.textContent += " ";
  }
}

function elementsWith(path) {
  return [...document.querySelectorAll(WITH_URL)].filter((element) =>
    ATTRIBUTES.some((name) => urlsIn(element, name).some((url) => plain(url) === path)),
  );
}

function urlsIn(element, name) {
  if (element.localName === "a" || element.localName === "base") return [];
  return (element.getAttribute(name) ?? "").split(/[\s,()'"]+/).filter(Boolean);
}

function rewrite(element, path, version) {
  for (const name of ATTRIBUTES) {
    const value = element.getAttribute(name);
    if (!value) continue;
    const next = value.replace(/[^\s,()'"]+/g, (url) => (plain(url) === path ? version(new URL(url, location)) : url));
    if (next === value) continue;
    served.set(element, { [name]: value, ...served.get(element) });
    element.setAttribute(name, next);
  }
}

function reload(old, href) {
  const link = old.cloneNode();
  served.set(link, { href: old.getAttribute("href"), ...served.get(old) });
  link.setAttribute("href", href);
  replaceSheet(old, link);
}

function isSheet(element) {
  return element.localName === "link" && element.relList.contains("stylesheet") && !("hyperDev" in element.dataset);
}

/** The path of a URL as the server names the file: without the hash of its content. */
function plain(url) {
  try {
    const { origin, pathname } = new URL(url, location);
    return origin === location.origin ? decodeURI(pathname.replace(HASH, "")) : url;
  } catch {
    return url;
  }
}
