// Runs in the page's own world with the console's API, which alone can see listeners. The answer is not trusted:
// a hostile page can at worst take away or add the mark "takes clicks".
(() => {
  if (typeof getEventListeners !== "function") return "";
  const kinds = ["click", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart", "dblclick", "dragstart", "drop"];
  const found = [];
  let n = 0;
  const visit = (root) => {
    for (const el of root.querySelectorAll("*")) {
      const listeners = getEventListeners(el);
      for (const kind of kinds) {
        if (listeners[kind]) {
          if (Object.keys(listeners).length < 25) found.push(n);
          break;
        }
      }
      n++;
      if (el.shadowRoot) visit(el.shadowRoot);
      if (el.localName === "iframe" || el.localName === "frame") {
        let inner = null;
        try {
          inner = el.contentDocument;
        } catch (error) {
          inner = null;
        }
        if (inner) visit(inner);
      }
    }
  };
  visit(document);
  return JSON.stringify({ n: document.getElementsByTagName("*").length, all: n, f: found });
})()
