// Keeps a log of what happens to a page, and tells its state; the pages here say by it what an action did.
const entries = [];
let mouse = null;
const record = (kind, ...facts) => entries.push([kind, ...facts].join(" "));
const nameOf = (t) => (t && (t.id || t.localName)) || "window";
const keysOf = (e) => ["altKey", "ctrlKey", "metaKey", "shiftKey"].filter((k) => e[k]).map((k) => k[0]).join("");
const FACTS = {
  mouse: (e) => [e.button, e.detail, keysOf(e), Math.floor(e.clientX), Math.floor(e.clientY)],
  key: (e) => [e.key, e.code, keysOf(e)],
  input: (e) => [e.inputType || "", e.data || ""],
  wheel: (e) => [e.deltaX, e.deltaY],
  plain: () => [],
};
const KINDS = {
  mouse: ["mousedown", "mouseup", "click", "dblclick", "auxclick", "contextmenu"],
  key: ["keydown", "keyup"],
  input: ["beforeinput", "input"],
  wheel: ["wheel"],
  plain: ["change", "focusin", "focusout", "dragstart", "drop", "dragend", "submit", "select", "toggle"],
};
for (const [facts, kinds] of Object.entries(KINDS))
  for (const kind of kinds)
    addEventListener(kind, (e) => e.isTrusted !== undefined && record(kind, nameOf(e.composedPath()[0]), e.isTrusted, ...FACTS[facts](e)), true);
// (Chromium tells a page now and then of a mouse at 0, 0 that nobody moved.)
addEventListener("mousemove", (e) => (e.clientX || e.clientY) && (mouse = [Math.floor(e.clientX), Math.floor(e.clientY), nameOf(e.target)]), true);

function deepActive() {
  let el = document.activeElement;
  while (el && el.shadowRoot && el.shadowRoot.activeElement) el = el.shadowRoot.activeElement;
  return nameOf(el);
}

// Everything that an action may have changed, as plain data.
function state() {
  const roots = [document, ...[...document.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean)];
  const fields = roots.flatMap((root) => [...root.querySelectorAll("input, select, textarea")]);
  return {
    url: location.pathname + location.hash,
    title: document.title,
    text: document.body.innerText.slice(0, 400),
    scroll: [scrollX, scrollY, ...[...document.querySelectorAll("#region")].map((e) => e.scrollTop)],
    focus: deepActive(),
    selection: [document.activeElement && document.activeElement.selectionStart, String(getSelection())],
    fields: fields.map((f) => [f.id, f.type === "file" ? [...f.files].map((x) => x.name).join() : f.value, f.checked || false,
      f.options ? [...f.options].map((o) => o.selected) : null]),
    rich: [...document.querySelectorAll("[contenteditable]")].map((e) => e.textContent),
    elements: document.querySelectorAll("*").length,
    mouse,
    log: entries,
  };
}
