// Hears what a person does in one frame and in the frames of its own site inside it. Runs in our isolated world, behind
// page.js, whose registry names the elements. Listens in the capture phase on window, so that the tree that goes with an
// event is read before the page hears of it. The page is read, never marked.
(() => {
  const page = globalThis.webagent;
  const tell = globalThis.webagentTell;
  if (page.heard || !tell || window.frameElement) return; // a frame of the same site is heard from the one around it
  page.heard = true;

  const BUDGET = 400;
  const PLENTY = 6000; // where the target is not among those
  const FAR = 6; // px that make a drag
  const IDLE = 1500; // ms without a key that end a text
  const WHOLE = new Set(["date", "time", "month", "week", "datetime-local", "color", "range", "number"]);
  const BUTTONS = ["left", "middle", "right"];
  const CLIPBOARD = new Set(["c", "x", "v"]);
  const BROWSERS = new Set(["d", "f", "g", "h", "j", "l", "n", "o", "p", "r", "s", "t", "u", "w", ..."0123456789", "tab"]);
  const CARET = new Set(["ArrowLeft", "ArrowRight", "Home", "End", "Backspace", "Delete"]);
  const HOVER = 180; // ms that the pointer rests on something before it counts

  let down = null; // the button that is held: where, and the tree before
  let edit = null; // the text that is being written
  let choice = null; // the tree before a choice in a native list or of files
  let wheel = null; // the scroll under way
  let covered = null; // field whose change a recorded key explains
  let resting = 0; // timer of a hover
  let acted = 0; // when the last input was heard
  let redacting = false;
  let secretNames = [];
  const secrets = new WeakSet();
  const values = new WeakMap(); // field -> its value when it was last looked at
  const hooked = new WeakSet();

  const send = (kind, data) => tell(page.toJson({ kind, at: Date.now() / 1000, ...data }));

  // ---- elements -----------------------------------------------------------------------------------------------------

  const parentOf = (n) => n.parentNode || n.host || (n.nodeType === 9 && n.defaultView && n.defaultView.frameElement) || null;
  const isElement = (n) => n && n.nodeType === 1;

  // The innermost element of an event, closed shadow roots included as far as they are known.
  function deepest(e, at = e.composedPath()[0] || e.target) {
    if (!isElement(at)) at = at && at.nodeType === 9 ? at.activeElement || at.documentElement : document.activeElement;
    for (let depth = 0; at && depth < 20; depth++) {
      const root = page.shadowOf(at);
      const inner = root && (e.clientX === undefined ? root.activeElement : root.elementFromPoint(e.clientX, e.clientY));
      if (!inner || inner === at) break;
      at = inner;
    }
    return at || document.documentElement;
  }

  // Numbers of the elements around one, from the inside out; a label is followed by what it labels.
  function chainOf(el) {
    const chain = [];
    for (let n = el, up = 0; n && up < 60; up++, n = parentOf(n)) {
      if (!isElement(n)) continue;
      chain.push(page.refOf(n));
      if (n === el) for (const child of n.childNodes) if (child.nodeType === 3) chain.push(page.refOf(child));
      if (n.localName === "label" && n.control) chain.push(page.refOf(n.control));
    }
    return chain;
  }

  const kindOf = (el) => (el.localName === "input" ? el.type : el.localName);
  const isList = (el) => el.localName === "select";
  const listOf = (el) => (el.localName === "option" || el.localName === "optgroup" ? el.closest("select") : isList(el) ? el : null);
  const fileOf = (el) => [el, el.closest("label")?.control].find((n) => n && kindOf(n) === "file") || null;

  // The field that takes the text of an event, or null.
  function fieldOf(el) {
    if (el.localName === "textarea") return el;
    if (el.localName === "input") return /^(button|submit|reset|image|checkbox|radio|file|hidden)$/.test(el.type) ? null : el;
    if (!el.isContentEditable) return null;
    while (parentOf(el) && parentOf(el).isContentEditable) el = parentOf(el);
    return el;
  }

  const valueOf = (el) => (el.isContentEditable ? el.innerText.replace(/\n$/, "") : el.value);

  function isSecret(el) {
    if (secrets.has(el)) return true;
    const told = `${el.getAttribute("autocomplete") || ""}`;
    const named = () => secretNames.some((name) => page.calledOf(el).toLowerCase().includes(name));
    const found = el.type === "password" || /password|one-time-code|cc-(number|csc|exp)/.test(told) || named();
    return found && conceal(el);
  }

  function conceal(el) {
    secrets.add(el);
    page.conceal(el);
    send("secret", {});
    return true;
  }

  // The tree as it is now, and which of it an event concerns.
  function look(el, at) {
    for (const field of document.querySelectorAll("input,textarea,[contenteditable]")) isSecret(field);
    let chain = chainOf(el);
    let tree = page.readNow(BUDGET);
    if (!chain.some((id) => tree.rows.some((row) => row[0] === id))) tree = page.readNow(PLENTY);
    chain = chainOf(el);
    const sealed = el.localName.includes("-") && !page.shadowOf(el) && !el.childElementCount;
    const xy = at && page.outward(el, at.clientX, at.clientY);
    const signs = page.signsFor(chain, tree);
    return { tree, chain, signs, sealed, tag: el.localName, xy, url: location.href, title: document.title };
  }

  // ---- text ---------------------------------------------------------------------------------------------------------

  function begin(field) {
    acted = Date.now();
    covered = null;
    if (edit && edit.field === field) return void (edit.touched = acted);
    finishText();
    isSecret(field);
    edit = { field, base: values.get(field) ?? valueOf(field), before: look(field), touched: acted };
  }

  function finishText() {
    if (!edit) return;
    const { field, base, before } = edit;
    edit = null;
    const value = valueOf(field);
    values.set(field, value);
    if (value === base) return;
    const whole = WHOLE.has(kindOf(field));
    const added = whole || value.startsWith(base);
    const secret = isSecret(field);
    send("type", { ...before, secret, clear: !added || (whole && value === ""), text: added && !whole ? value.slice(base.length) : value });
  }

  // ---- the pointer --------------------------------------------------------------------------------------------------

  const on = {};
  const mods = (e) => [e.ctrlKey && "Control", e.altKey && "Alt", e.metaKey && "Meta", e.shiftKey && "Shift"].filter(Boolean);

  function onScrollbar(el, e) {
    const r = el.getBoundingClientRect();
    if (!el.clientWidth) return false;
    const root = el === el.ownerDocument.documentElement;
    const [x, y] = root ? [e.clientX, e.clientY] : [e.clientX - r.left - el.clientLeft, e.clientY - r.top - el.clientTop];
    return (x >= el.clientWidth && el.scrollHeight > el.clientHeight) || (y >= el.clientHeight && el.scrollWidth > el.clientWidth);
  }

  on.pointerdown = (e) => {
    if (!e.isTrusted) return;
    acted = Date.now();
    covered = null;
    const el = deepest(e);
    finishText();
    finishScroll();
    if (redacting && fieldOf(el)) {
      redacting = false;
      conceal(fieldOf(el));
    }
    if (!el.isContentEditable && el.localName !== "input" && onScrollbar(el, e)) return void beginScroll(el);
    down = { el, x: e.clientX, y: e.clientY, button: e.button, mods: mods(e), count: 1, before: look(el, e) };
    const field = fieldOf(el);
    if (field && (kindOf(field) === "range" || kindOf(field) === "color")) {
      edit = { field, base: valueOf(field), before: down.before, touched: acted };
      down = null;
    } else if (listOf(el) || fileOf(el)) {
      choice = { before: down.before, chosen: listOf(el) && chosen(listOf(el)) };
      down = null;
    }
  };
  on.mousedown = (e) => void (down && (down.count = e.detail));
  on.pointerup = (e) => {
    if (!e.isTrusted) return;
    acted = Date.now();
    if (edit && kindOf(edit.field) === "range") setTimeout(finishText);
    if (!down || down.native) return;
    const held = down;
    down = null;
    const moved = Math.hypot(e.clientX - held.x, e.clientY - held.y) > FAR;
    if (!moved) return void clicked(held);
    const selected = held.el.ownerDocument.getSelection();
    if (selected && !selected.isCollapsed && String(selected)) return void send("unheard", { what: "text was selected with the mouse" });
    dropped(held, e);
  };
  on.contextmenu = (e) => {
    if (down && down.button === 2) clicked(down);
    down = null;
  };
  const clicked = (held) => send("click", { ...held.before, count: held.count, keys: [...held.mods, BUTTONS[held.button] || "left"] });

  function dropped(held, e) {
    const to = deepest(e, held.el.ownerDocument.elementFromPoint(e.clientX, e.clientY)); // the pointer may be captured
    const onto = chainOf(to);
    send("drag", { ...held.before, onto, ontoSigns: page.signsFor(onto, held.before.tree), end: page.outward(to, e.clientX, e.clientY) });
  }
  on.dragstart = () => void (down && (down.native = true));
  on.drop = (e) => {
    if (down && down.native) dropped(down, e);
    down = null;
  };
  on.dragend = () => void (down = null);

  // ---- hovering -----------------------------------------------------------------------------------------------------

  const shown = (tree) => new Set(tree.rows.filter((row) => row[6].includes("visible")).map((row) => row[0]));

  on.mouseover = (e) => {
    clearTimeout(resting);
    const before = page.latest();
    if (!e.isTrusted || e.buttons || !before || Date.now() - acted < 600 || page.changes() !== before.epoch) return;
    const el = deepest(e);
    const chain = chainOf(el);
    resting = setTimeout(() => {
      if (Date.now() - acted < 600) return;
      const old = shown(before);
      for (const id of shown(page.readNow(BUDGET))) {
        if (old.has(id)) continue;
        return void send("hover", { tree: before, chain, signs: page.signsFor(chain, before), tag: el.localName });
      }
    }, HOVER);
  };

  // ---- scrolling ----------------------------------------------------------------------------------------------------

  function beginScroll(el) {
    const regions = [];
    for (let n = el; n; n = parentOf(n)) if (isElement(n) && (n.scrollHeight > n.clientHeight || n.scrollWidth > n.clientWidth)) regions.push([n, n.scrollLeft, n.scrollTop]);
    const root = document.scrollingElement;
    if (root && !regions.some(([n]) => n === root)) regions.push([root, root.scrollLeft, root.scrollTop]);
    wheel = { regions, before: look(el), last: Date.now() };
  }
  function finishScroll() {
    if (!wheel) return;
    const { regions, before } = wheel;
    wheel = null;
    for (const [el, left, top] of regions) {
      const [dx, dy] = [el.scrollLeft - left, el.scrollTop - top];
      if (!dx && !dy) continue;
      const down = Math.abs(dy) >= Math.abs(dx);
      const root = el === document.scrollingElement;
      const size = root ? [innerWidth, innerHeight] : [el.clientWidth, el.clientHeight];
      const way = down ? (dy > 0 ? "down" : "up") : dx > 0 ? "right" : "left";
      return void send("scroll", { ...before, chain: root ? [] : chainOf(el), way, part: Math.abs(down ? dy : dx) / (size[down ? 1 : 0] || 1) });
    }
  }
  on.wheel = (e) => {
    if (!e.isTrusted) return;
    acted = Date.now();
    if (e.ctrlKey) return void send("unheard", { what: "the page was zoomed" });
    if (!wheel) {
      finishText();
      beginScroll(deepest(e));
    }
    wheel.last = acted;
  };
  on.scroll = () => void (wheel && (wheel.last = Date.now()));

  // ---- keys ---------------------------------------------------------------------------------------------------------

  // Whether a key only changes the text of a field, so that its value tells it all.
  function edits(e, field) {
    const kind = kindOf(field);
    if (e.key === "Enter") return (kind === "textarea" || field.isContentEditable) && !e.ctrlKey;
    if (e.key === "Tab" || e.key === "Escape") return false;
    if (kind !== "number" && WHOLE.has(kind)) return true;
    if (e.altKey && e.key.length > 1) return false;
    if (e.ctrlKey || e.metaKey) return CARET.has(e.key) || /^[azy]$/i.test(e.key);
    return CARET.has(e.key) || [...e.key].length === 1 || e.key === "Process" || e.key === "Unidentified";
  }

  on.keydown = (e) => {
    if (!e.isTrusted || e.isComposing || /^(Control|Shift|Alt|Meta|CapsLock|NumLock|AltGraph|Dead)$/.test(e.key)) return;
    const el = deepest(e);
    const field = fieldOf(el);
    const held = e.ctrlKey || e.metaKey;
    if (held && CLIPBOARD.has(e.key.toLowerCase())) return; // heard as copy, cut and paste
    if (field && edits(e, field)) return void begin(field);
    finishText();
    finishScroll();
    if ((e.altKey && e.key.startsWith("Arrow")) || (e.key === "F5" && !e.shiftKey)) return void send("browsing", {}); // heard as a navigation
    acted = Date.now();
    if (isList(el) && e.key !== "Tab") return void (choice = choice || { before: look(el), chosen: chosen(el) });
    covered = field;
    const key = { ...look(el), keys: [...mods(e).filter((m) => m !== "Shift" || e.key.length > 1), e.key === " " ? "Space" : e.key] };
    if (!(held && BROWSERS.has(e.key.toLowerCase()))) return void send("press", key);
    setTimeout(() => e.defaultPrevented && send("press", key)); // else it was meant for the browser
  };

  const chosen = (list) => [...list.options].map((o) => o.selected);
  const labelOf = (o) => (o.label || o.text).replace(/\s+/g, " ").trim();

  function picked(list) {
    const old = choice?.chosen || [];
    const before = { ...(choice?.before || look(list)), chain: chainOf(list) };
    choice = null;
    [...list.options].forEach((o, i) => {
      if (o.selected && !old[i]) send("select", { ...before, text: labelOf(o) });
      else if (list.multiple && !o.selected && old[i]) send("click", { ...before, chain: chainOf(o), count: 1, keys: ["Control", "left"] });
    });
  }

  on.input = (e) => {
    if (!e.isTrusted) return;
    acted = Date.now();
    const el = deepest(e);
    if (isList(el)) return void picked(el);
    if (kindOf(el) === "file") {
      send("upload", { ...(choice?.before || look(el)), chain: chainOf(el), files: [...el.files].map((f) => f.name) });
      return void (choice = null);
    }
    const field = fieldOf(el);
    if (!field || field === covered) return void (field && values.set(field, valueOf(field)));
    if (!edit || edit.field !== field) {
      finishText();
      isSecret(field);
      edit = { field, base: values.get(field) ?? "", before: look(field), touched: acted };
    }
    edit.touched = acted;
  };
  on.beforeinput = (e) => {
    const field = e.isTrusted && fieldOf(deepest(e));
    if (field && field !== covered) begin(field);
  };
  on.focusin = (e) => {
    const field = fieldOf(deepest(e));
    if (edit && edit.field !== field) finishText();
    if (field) values.set(field, valueOf(field));
  };
  on.focusout = (e) => {
    if (edit && !WHOLE.has(kindOf(edit.field))) finishText();
  };
  on.copy = (e) => void (finishText(), (acted = Date.now()), send("press", { ...look(deepest(e)), keys: ["Control", "c"] }));
  on.cut = on.paste = (e) => {
    acted = Date.now();
    const field = fieldOf(deepest(e));
    if (field) begin(field);
    else send("press", { ...look(deepest(e)), keys: ["Control", e.type === "cut" ? "x" : "v"] });
  };
  on.pagehide = () => void (finishText(), finishScroll());

  // ---- where ----------------------------------------------------------------------------------------------------------

  function hook(win) {
    if (hooked.has(win.document)) return;
    hooked.add(win.document);
    for (const type in on) win.addEventListener(type, on[type], { capture: true, passive: true });
  }
  function hookAll() {
    hook(window);
    for (const el of page.everyElement()) {
      if (el.localName !== "iframe" && el.localName !== "frame") continue;
      const inner = el.contentDocument;
      if (inner && inner.defaultView) hook(inner.defaultView);
    }
  }

  page.redactNext = () => void (redacting = true);
  page.redactNames = (names) => void (secretNames = names);
  page.finish = () => void (finishText(), finishScroll());

  let epoch = -1;
  setInterval(() => {
    const now = Date.now();
    if (edit && now - edit.touched > IDLE) finishText();
    if (wheel && now - wheel.last > 250) finishScroll();
    if (page.changes() === epoch) return;
    epoch = page.changes();
    hookAll();
    send("changed", {});
  }, 120);
  hookAll();
  send("hello", { url: location.href });
})();
