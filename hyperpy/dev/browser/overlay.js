// An error or a notice over an open page, under `hyper dev`.

let overlay;

/** Show a document over the page, in a shadow root that keeps the styles of the two apart. */
export function show(other) {
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

export function hide() {
  overlay?.shadowRoot.querySelector("dialog").close(); // gives the focus back
  overlay?.remove();
  overlay = undefined;
}

/** A document with one sentence. */
export function notice(text) {
  const other = document.implementation.createHTMLDocument();
  other.body.append(Object.assign(other.createElement("p"), { textContent: text }));
  return other;
}
