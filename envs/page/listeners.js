// Runs in the page's own world with the console's API, which alone can see listeners. The answer is not trusted:
// a hostile page can at worst take away or add the mark "takes clicks". It is put together from numbers alone, without
// any function that the page may have replaced, so that its size is bounded.
(() => {
  if (typeof getEventListeners !== "function") return "";
  const kinds = ["click", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart", "dblclick", "dragstart", "drop"];
  const MOST = 1000000;
  let found = "";
  let n = 0;
  const few = (listeners) => {
    let count = 0;
    for (const kind in listeners) count++;
    return count < 25;
  };
  const visit = (root) => {
    const all = root.querySelectorAll("*");
    for (let i = 0; i < all.length && n < MOST; i++) {
      const el = all[i];
      const listeners = getEventListeners(el);
      for (let k = 0; k < 9; k++) {
        if (listeners[kinds[k]]) {
          if (few(listeners)) found += (found ? "," : "") + n;
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
  const total = document.getElementsByTagName("*").length;
  return '{"n":' + (typeof total === "number" ? total : -1) + ',"all":' + n + ',"f":[' + found + "]}";
})()
