// Notes the text of each element as the parser makes it, for morph.js. The page waits for this script, because the next
// ones may soon put something else there: the first event of a stream, for example.

const texts = new WeakMap();
document.currentScript.texts = texts;

let open = []; // elements to which the parser may still add something

const observer = new MutationObserver(note);
observer.observe(document, { childList: true, subtree: true });
addEventListener("DOMContentLoaded", () => {
  note(observer.takeRecords());
  open.forEach(keep);
  observer.disconnect();
});

function note(records) {
  const added = records.flatMap(({ addedNodes }) => [...addedNodes]);
  const elements = [...open, ...added].filter((node) => node.nodeType === Node.ELEMENT_NODE);
  let last = document;
  while (last.lastChild) last = last.lastChild;
  open = elements.filter((element) => element.contains(last));
  elements.filter((element) => !element.contains(last)).forEach(keep);
}

function keep(element) {
  if (!element.childElementCount && !texts.has(element)) texts.set(element, element.textContent);
}
