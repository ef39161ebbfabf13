// Notes the text of each element as the parser makes it, for morph.js. The page waits for this script, because the next
// ones may soon put something else there: the first event of a stream, for example.

const texts = new WeakMap();
document.currentScript.texts = texts;

const observer = new MutationObserver(note);
observer.observe(document, { childList: true, subtree: true });
addEventListener("DOMContentLoaded", () => {
  note(observer.takeRecords());
  observer.disconnect();
});

function note(records) {
  for (const { target, addedNodes } of records) {
    for (const node of [target, ...addedNodes]) {
      const isText = node.nodeType === Node.ELEMENT_NODE && !node.childElementCount && node.hasChildNodes();
      if (isText && !texts.has(node)) texts.set(node, node.textContent);
    }
  }
}
