// Runs in an isolated world of its own in every document: reads what the protocol does not tell (visibility, marks,
// values), and readies elements for trusted input. Nothing here writes attributes. `globalThis.bids` is its face.
(() => {
  if (globalThis.bids) return;
  const getter = (proto, key) => Object.getOwnPropertyDescriptor(proto, key).get;
  const shadowOf = getter(Element.prototype, "shadowRoot");
  const tagOf = getter(Element.prototype, "localName");
  const parentOf = getter(Node.prototype, "parentNode");
  const { closest, matches, getAttribute, hasAttribute } = Element.prototype;
  const rectOf = Element.prototype.getBoundingClientRect;
  const rectsOf = Element.prototype.getClientRects;
  const contains = Node.prototype.contains;
  const MARKED = new Set("input textarea select button a iframe video li td option".split(" "));
  const WRITTEN = new Set(["color", "date", "time", "datetime-local", "month", "range", "week"]);
  const TYPED = new Set(["", "email", "number", "password", "search", "tel", "text", "url"]);

  // Elements in document order, those of an open shadow root right after its host.
  function walk() {
    const all = [];
    const visit = (root) => {
      for (const el of root.querySelectorAll("*")) {
        all.push(el);
        const shadow = shadowOf.call(el);
        if (shadow) visit(shadow);
      }
    };
    visit(document);
    return all;
  }

  const frame = () =>
    new Promise((resolve) => {
      const late = setTimeout(resolve, 120); // a page that is not drawn gives no frames
      requestAnimationFrame(() => {
        clearTimeout(late);
        resolve();
      });
    });
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  // ---- looking ---------------------------------------------------------------------------------------------------

  // How much of each element is inside the viewport, 0 to 1 in hundredths.
  function visibility(all, limit) {
    const ratio = new Map(all.map((el) => [el, 0]));
    const open = new Set(all);
    return new Promise((resolve) => {
      const done = () => {
        observer.disconnect();
        clearTimeout(late);
        resolve(all.map((el) => ratio.get(el)));
      };
      const late = setTimeout(done, limit);
      const observer = new IntersectionObserver((entries) => {
        for (const entry of entries) {
          ratio.set(entry.target, Math.round(entry.intersectionRatio * 100) / 100);
          open.delete(entry.target);
        }
        if (!open.size) done();
      });
      for (const el of all) observer.observe(el);
      if (!open.size) done();
    });
  }

  function at(x, y) {
    let hit = null;
    for (let root = document; root; ) {
      const inner = root.elementFromPoint(x, y);
      if (!inner || inner === hit) break;
      hit = inner;
      root = shadowOf.call(hit);
    }
    return hit;
  }

  // Which elements a set-of-marks picture should number: those that take a click at their middle and look as if they
  // should; of nested ones the inner, but no parts of buttons.
  function marks(all, handled) {
    const on = new Set();
    const buttons = new Set();
    const inButton = (el) => {
      for (let p = el; p; p = parentOf.call(p)) if (buttons.has(p)) return true;
      return false;
    };
    all.forEach((el, i) => {
      const r = rectOf.call(el);
      const hit = at((r.left + r.right) / 2, (r.top + r.bottom) / 2);
      if (!hit || !(hit === el || contains.call(el, hit))) return;
      if (!MARKED.has(tagOf.call(el)) && !handled.has(i) && getComputedStyle(el).cursor !== "pointer") return;
      if ((r.right - r.left) * (r.bottom - r.top) < 20 || inButton(el)) return;
      const up = parentOf.call(el);
      const only = up && up.nodeType === 1 && tagOf.call(up) === "span" && up.childElementCount === 1;
      if (only && getAttribute.call(up, "role") && on.has(up)) return;
      on.add(el);
      if (matches.call(el, 'button, a, input[type="button"], div[role="button"]')) buttons.add(el);
      for (let p = up; p && p.nodeType === 1; p = parentOf.call(p)) on.delete(p);
    });
    return all.map((el) => (on.has(el) ? 1 : 0));
  }

  function active() {
    let el = document.activeElement;
    for (let shadow = el && shadowOf.call(el); shadow && shadow.activeElement; shadow = shadowOf.call(el)) el = shadow.activeElement;
    return el;
  }

  // `handled`: places in the walk of elements with a click handler of their own. `tags`: the only ones to be looked at,
  // or null. Everything by place in the walk: {tags, visible, marked, values, checked, active}.
  async function look(tags, handled, limit) {
    const all = walk();
    const wanted = tags && new Set(tags);
    const places = [];
    const chosen = [];
    all.forEach((el, i) => {
      if (wanted && !wanted.has(tagOf.call(el).toLowerCase())) return;
      places.push(i);
      chosen.push(el);
    });
    const own = new Set(handled);
    const marked = marks(chosen, new Set(chosen.flatMap((el, k) => (own.has(places[k]) ? [k] : []))));
    const values = {};
    const checked = {};
    chosen.forEach((el, k) => {
      const value = el.value;
      const secret = tagOf.call(el) === "input" && el.type === "password";
      if (typeof value === "string" || typeof value === "number") values[places[k]] = secret ? "•".repeat(value.length) : String(value);
      if (typeof el.checked === "boolean") checked[places[k]] = el.checked;
    });
    const focused = all.indexOf(active());
    const visible = await visibility(chosen, limit);
    return JSON.stringify({ tags: all.map((el) => tagOf.call(el)).join(" "), places, visible, marked, values, checked, active: focused });
  }

  // ---- readying --------------------------------------------------------------------------------------------------

  // The control that an element stands for: its own button, or what its label is for.
  function control(el) {
    const own = "input, textarea, select, button, [role=button], [role=checkbox], [role=radio]";
    if (el.isContentEditable || matches.call(el, "input, textarea, select")) return el;
    const it = closest.call(el, "button, [role=button], [role=checkbox], [role=radio]") || el;
    const label = matches.call(it, own) ? null : closest.call(it, "label");
    return (label && label.control) || it;
  }
  const up = (node) => node.assignedSlot || parentOf.call(node) || node.host;

  function seen(el) {
    const style = getComputedStyle(el);
    if (style.display === "contents") return [...el.children].some(seen);
    const r = rectOf.call(el);
    return r.width > 0 && r.height > 0 && style.visibility === "visible" && el.checkVisibility();
  }

  function disabled(el) {
    if (matches.call(el, ":disabled")) return true;
    for (let n = el; n; n = up(n)) if (n.nodeType === 1 && getAttribute.call(n, "aria-disabled") === "true") return true;
    return false;
  }

  function short(el) {
    const id = el.id ? `#${el.id}` : "";
    return `<${tagOf.call(el)}${id}>${(el.textContent || "").trim().slice(0, 30)}`;
  }

  // Why an element is not ready yet, or "". `needs`: "enabled", "editable"; being visible is needed always.
  function unready(el, needs) {
    if (!el.isConnected) return "element was detached from the DOM";
    if (!seen(el)) return "element is not visible";
    const it = control(el);
    if (needs.includes("enabled") && disabled(it)) return "element is not enabled";
    if (needs.includes("editable") && matches.call(it, "input, textarea, select") && hasAttribute.call(it, "readonly")) return "element is not editable";
    return "";
  }

  // What lies over an element at a point of its own document, or "". Its button or link counts as the element.
  function over(el, x, y) {
    const hit = at(x, y);
    if (!hit) return "nothing";
    const own = !matches.call(el, "input, textarea, select") && !el.isContentEditable;
    const target = (own && closest.call(el, "button, [role=button], a, [role=link]")) || el;
    for (let n = hit; n; n = up(n)) if (n === target) return "";
    return short(hit);
  }

  // The boxes of an element; of one that is set in a line, those of what it holds.
  function boxes(el) {
    if (getComputedStyle(el).display === "inline" && el.childNodes.length) {
      const range = document.createRange();
      range.selectNodeContents(el);
      const inner = range.getClientRects();
      if (inner.length) return inner;
    }
    return rectsOf.call(el);
  }

  // The middle of what is in the viewport of the element's first part that is.
  function middle(el) {
    for (const r of boxes(el)) {
      const left = Math.max(0, r.left), right = Math.min(innerWidth, r.right);
      const top = Math.max(0, r.top), bottom = Math.min(innerHeight, r.bottom);
      if (right > left && bottom > top && (right - left) * (bottom - top) > 0.99) return [(left + right) / 2, (top + bottom) / 2];
    }
    return null;
  }

  const SCROLLS = [null, { block: "end", inline: "end" }, { block: "center", inline: "center" }, { block: "start", inline: "start" }];
  const PAUSES = [0, 20, 100, 100, 500]; // ms between tries
  function scroll(el, attempt) {
    const how = SCROLLS[attempt % SCROLLS.length];
    if (how) el.scrollIntoView({ ...how, behavior: "instant" });
    else el.scrollIntoViewIfNeeded(true);
  }

  async function still(el) {
    const key = (r) => `${r.x} ${r.y} ${r.width} ${r.height}`;
    for (let last = "", n = 0; n < 60; n++) {
      const now = key(rectOf.call(el));
      if (now === last) return true;
      last = now;
      await frame();
    }
    return false;
  }

  // Waits up to `ms` until the pointer can reach an element: {x, y} in its own document's viewport, or {why}.
  // `attempt`: how often it was tried before; each try scrolls in another way. `force`: without any checks.
  async function reach(el, needs, ms, attempt, force) {
    const end = performance.now() + ms;
    for (let why = ""; ; attempt++) {
      why = force ? "" : unready(el, needs);
      if (!why && !force && !(await still(el))) why = "element is not stable";
      if (!why) {
        const before = rectOf.call(el);
        scroll(el, attempt);
        const now = rectOf.call(el);
        if (!force && (before.x !== now.x || before.y !== now.y)) await still(el);
        const point = middle(el);
        const by = point && !force ? over(el, ...point) : "";
        if (point && !by) return { x: point[0], y: point[1], attempt };
        why = point ? `${by} intercepts pointer events` : "element is outside of the viewport";
      }
      const rest = PAUSES[Math.min(attempt, PAUSES.length - 1)];
      if (force || performance.now() + rest >= end) return { why, attempt };
      await pause(rest);
    }
  }

  // From a point of a frame's content to its element's document: {x, y}, with `by` if something lies over it there.
  function outward(el, x, y) {
    const r = rectOf.call(el);
    const s = getComputedStyle(el);
    const scale = el.offsetWidth ? r.width / el.offsetWidth : 1;
    const px = r.left + scale * (el.clientLeft + parseFloat(s.paddingLeft) + x);
    const py = r.top + scale * (el.clientTop + parseFloat(s.paddingTop) + y);
    return { x: px, y: py, by: over(el, px, py) };
  }

  function changed(el) {
    el.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
    el.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Makes a field ready to take `text` from the keyboard: {type: true}; or done already, where no key writes: {}.
  // {why}: not ready yet. {error}: never.
  async function fill(el, text, force) {
    const it = control(el);
    const why = force ? "" : unready(it, ["enabled", "editable"]);
    if (tagOf.call(it) === "input") {
      const type = it.type.toLowerCase();
      if (WRITTEN.has(type)) {
        if (why) return { why };
        const value = text.trim();
        it.focus();
        it.value = type === "color" ? value.toLowerCase() : value;
        if (it.value !== (type === "color" ? value.toLowerCase() : value)) return { error: "Malformed value" };
        changed(it);
        return {};
      }
      if (!TYPED.has(type)) return { error: `Input of type "${type}" cannot be filled` };
      if (type === "number" && isNaN(Number(text.trim()))) return { error: "Cannot type text into input[type=number]" };
    } else if (tagOf.call(it) !== "textarea" && !it.isContentEditable) {
      return { error: "Element is not an <input>, <textarea> or [contenteditable] element" };
    }
    if (why) return { why };
    if (tagOf.call(it) === "input") it.select();
    else if (tagOf.call(it) === "textarea") {
      it.selectionStart = 0;
      it.selectionEnd = it.value.length;
    } else {
      const range = document.createRange();
      range.selectNodeContents(it);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
    it.focus();
    await pause(0); // what the page hears of the selection comes before the text
    return { type: true };
  }

  // `caret`: at the beginning, where the field did not have the focus before.
  function focus(el, caret) {
    const before = active();
    if (el.isContentEditable && before !== el && before) before.blur();
    el.focus();
    if (caret && before !== el && tagOf.call(el) === "input" && el.selectionStart !== null) el.setSelectionRange(0, 0);
  }

  // Chooses options by value or label: {}, {why} while there is none such, {error}.
  function choose(el, wanted, force) {
    const it = control(el);
    if (tagOf.call(it) !== "select") return { error: "Element is not a <select> element" };
    const why = force ? "" : unready(it, ["enabled"]);
    if (why) return { why };
    let left = [...wanted];
    const found = [];
    for (const option of it.options) {
      const meant = left.find((w) => option.value === w || option.label === w || option.label.trim().replace(/\s+/g, " ") === w);
      if (meant === undefined) continue;
      found.push(option);
      left = it.multiple ? left.filter((w) => w !== meant) : [];
      if (!it.multiple) break;
    }
    if (left.length) return { why: "did not find some options" };
    it.value = undefined;
    for (const option of found) option.selected = true;
    changed(it);
    return {};
  }

  // Whether a checkbox or radio button is ticked; null for anything else.
  function ticked(el) {
    const it = control(el);
    if (tagOf.call(it) === "input" && ["checkbox", "radio"].includes(it.type)) return it.checked;
    const role = getAttribute.call(it, "role") || "";
    if (["checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio"].includes(role)) return getAttribute.call(it, "aria-checked") === "true";
    return null;
  }

  // Takes what is in an element off the page, and puts it back; the same nodes, for scripts that know them.
  const taken = new Map();
  function take(id) {
    const el = document.getElementById(id);
    if (!el || taken.has(id)) return;
    taken.set(id, [...el.childNodes]);
    el.replaceChildren();
  }
  function giveBack(id) {
    const el = document.getElementById(id);
    if (el && taken.has(id)) el.replaceChildren(...taken.get(id));
    taken.delete(id);
  }

  globalThis.bids = { take, giveBack, look, reach, outward, fill, focus, choose, ticked };
})()
