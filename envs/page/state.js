// What a visit left in a document, and putting it back: fields, ticks, choices, folds, scroll positions, the focus.
// Runs in an isolated world made for it. A path names an element: child numbers, "s" into an open shadow root, "f" into
// a frame of the same site. Passwords and chosen files are never taken; `missing` says that there were some.
(() => {
  const UNTAKEN = new Set(["password", "file", "hidden", "submit", "button", "reset", "image"]);
  const MOST = 5000; // elements that are looked at

  const innerOf = (el) => {
    try {
      return el.localName === "iframe" || el.localName === "frame" ? el.contentDocument : null;
    } catch (error) {
      return null;
    }
  };

  function* everything(root, path) {
    for (let i = 0; i < root.children.length; i++) {
      const el = root.children[i];
      const here = [...path, i];
      yield [el, here];
      if (el.shadowRoot) yield* everything(el.shadowRoot, [...here, "s"]);
      const inner = innerOf(el);
      if (inner) yield* everything(inner, [...here, "f"]);
      yield* everything(el, here);
    }
  }

  function find(path) {
    let at = document;
    for (const step of path) at = at && (step === "s" ? at.shadowRoot : step === "f" ? innerOf(at) : at.children[step]);
    return at && at.nodeType === 1 ? at : null;
  }

  const kindOf = (el) => (el.localName === "input" ? `input:${el.type}` : el.localName);
  const isTick = (el) => el.localName === "input" && (el.type === "checkbox" || el.type === "radio");
  const chosen = (el) => [...el.options].flatMap((o, i) => (o.selected ? [i] : []));
  const isEditor = (el) => el.isContentEditable && !(el.parentElement && el.parentElement.isContentEditable);

  function stateOf(el) {
    if (el.localName === "select") return chosen(el);
    if (isTick(el)) return el.checked;
    if (el.localName === "details") return el.open;
    if (el.localName === "textarea" || (el.localName === "input" && !UNTAKEN.has(el.type))) return el.value;
    return isEditor(el) ? el.innerHTML : null;
  }

  function take() {
    const fields = [];
    const scrolls = [];
    const missing = new Set();
    const root = document.scrollingElement;
    let focus = null;
    let n = 0;
    for (const [el, path] of everything(document, [])) {
      if (++n > MOST) {
        missing.add(`elements behind the first ${MOST}`);
        break;
      }
      const state = stateOf(el);
      if (state !== null) fields.push([path, kindOf(el), state]);
      if (el.localName === "input" && el.type === "password" && el.value) missing.add("a password");
      if (el.localName === "input" && el.type === "file" && el.files.length) missing.add("chosen files");
      if ((el.localName === "iframe" || el.localName === "frame") && !innerOf(el)) missing.add("a frame of another site");
      if (el !== root && (el.scrollTop || el.scrollLeft)) scrolls.push([path, el.scrollLeft, el.scrollTop]);
      if (el.getRootNode().activeElement === el && el !== el.ownerDocument.body) focus = [path, ...caretOf(el)];
    }
    return JSON.stringify({ fields, scrolls, page: [scrollX, scrollY], focus, missing: [...missing] });
  }

  function caretOf(el) {
    return typeof el.selectionStart === "number" ? [el.selectionStart, el.selectionEnd] : [null, null];
  }

  // A text, or a field of a form, takes effect later: the page may hear of it. A switch that stands alone may act at
  // once on whoever owns the account, so it is set without an event.
  function set(el, state) {
    const heard = el.form != null || (typeof state === "string" && el.localName !== "details");
    if (Array.isArray(state)) for (const [i, o] of [...el.options].entries()) o.selected = state.includes(i);
    else if (isTick(el)) el.checked = state;
    else if (el.localName === "details") el.open = state;
    else if (el.isContentEditable) el.innerHTML = state;
    else {
      const own = el.localName === "textarea" ? HTMLTextAreaElement : HTMLInputElement;
      Object.getOwnPropertyDescriptor(own.prototype, "value").set.call(el, state);
    }
    if (!heard) return;
    el.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
    if (!el.isContentEditable) el.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function give(left) {
    const missing = new Set();
    for (const [path, kind, state] of left.fields) {
      const el = find(path);
      if (!el || kindOf(el) !== kind) missing.add(`a field (${kind}) that is not there any more`);
      else if (JSON.stringify(stateOf(el)) !== JSON.stringify(state)) set(el, state);
    }
    if (left.focus) {
      const el = find(left.focus[0]);
      if (el) el.focus({ preventScroll: true });
      if (el && left.focus[1] !== null && typeof el.selectionStart === "number") el.setSelectionRange(left.focus[1], left.focus[2]);
    }
    for (const [path, x, y] of left.scrolls) find(path)?.scrollTo({ left: x, top: y, behavior: "instant" });
    scrollTo({ left: left.page[0], top: left.page[1], behavior: "instant" });
    return JSON.stringify([...missing]);
  }

  return { take, give };
})()
