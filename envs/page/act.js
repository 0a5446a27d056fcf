// Where to point at, and the few facts an action needs just before it happens. Reads only (scrolling aside).

function composedContains(outer, inner) {
  for (let n = inner; n; ) {
    if (n === outer) return true;
    const up = assignedTo(n) || parentNode.call(n);
    n = up || (nodeType.call(n) === 11 ? hostOf(n) : null);
  }
  return false;
}
const hostOf = (root) => (nodeType.call(root) === 11 && root.host) || null;
const assignedTo = (n) => (nodeType.call(n) === 1 ? ofElement(n, "assignedSlot") : n.assignedSlot || null);

function rectsOf(node) {
  if (nodeType.call(node) === 3) {
    return [...rangeOf(node).getClientRects()];
  }
  const rects = [...getClientRects.call(node)].filter((r) => r.width > 1 && r.height > 1);
  if (rects.length) return rects;
  const inner = childBox(node);
  return inner ? [inner] : [];
}

// Points to try, in the coordinates of the node's own frame.
function* spots(node, box, point) {
  if (box) {
    const [fx, fy] = point || [0.5, 0.5];
    return void (yield [box.left + box.width * fx, box.top + box.height * fy]);
  }
  if (point) {
    const r = nodeType.call(node) === 3 ? rectsOf(node)[0] : getRect.call(node);
    if (r) yield [r.left + r.width * point[0], r.top + r.height * point[1]];
    return;
  }
  const rects = rectsOf(node);
  for (const r of rects.slice(0, 3)) yield [r.left + r.width / 2, r.top + r.height / 2];
  const r = rects[0];
  if (!r) return;
  for (const [fx, fy] of [[0.15, 0.5], [0.85, 0.5], [0.5, 0.15], [0.5, 0.85], [0.08, 0.12], [0.92, 0.88]]) yield [r.left + r.width * fx, r.top + r.height * fy];
}

function hitAt(node, x, y) {
  const root = getRootNode.call(node);
  let hit = inDocument(documentOf(node), "elementFromPoint", x, y);
  if (nodeType.call(root) === 11 && root.elementFromPoint) hit = root.elementFromPoint(x, y) || hit;
  for (let depth = 0; hit && depth < 20; depth++) {
    const shadow = shadowOf(hit);
    const inner = shadow && shadow.elementFromPoint(x, y);
    if (!inner || inner === hit) break;
    hit = inner;
  }
  return hit;
}

function takes(node, hit) {
  if (!hit) return false;
  const target = nodeType.call(node) === 3 ? parentNode.call(node) : node;
  if (composedContains(target, hit)) return true;
  const label = closest.call(hit, "label");
  if (label && label.control === target) return true;
  if (localName.call(hit) === "img" && localName.call(target) === "area") return true;
  if (localName.call(target) === "option") return hit === closest.call(target, "select");
  return composedContains(hit, target) && (getComputedStyle(target).pointerEvents === "none" || SHAPES.has(localName.call(target)) || localName.call(hit) === "svg");
}

// Outside of a clipping ancestor: "scroll" where scrolling brings it back, "lost" where nothing a person does would.
function clippedBy(node, x, y) {
  for (let n = parentNode.call(node); n; n = parentNode.call(n) || hostOf(n)) {
    if (nodeType.call(n) !== 1) continue;
    const tag = localName.call(n);
    if (tag === "body" || tag === "html") break;
    const s = getComputedStyle(n);
    if (s.overflowX === "visible" && s.overflowY === "visible") continue;
    const r = getRect.call(n);
    const wide = x < r.left - 0.5 || x > r.right + 0.5;
    const high = y < r.top - 0.5 || y > r.bottom + 0.5;
    if (!wide && !high) continue;
    const can = tag === "select" || (wide && /auto|scroll/.test(s.overflowX)) || (high && /auto|scroll/.test(s.overflowY));
    return can ? "scroll" : "lost";
  }
  return "";
}

// From a frame's own coordinates to those of the document that holds it; the frame may be drawn scaled.
function lift(owner, x, y) {
  const r = getRect.call(owner);
  const s = getComputedStyle(owner);
  const scale = owner.offsetWidth ? r.width / owner.offsetWidth : 1;
  return [r.left + scale * (owner.clientLeft + parseFloat(s.paddingLeft) + x), r.top + scale * (owner.clientTop + parseFloat(s.paddingTop) + y)];
}

function outward(node, x, y) {
  for (let w = windowOf(node); w !== globalThis && w.frameElement; w = w.parent) [x, y] = lift(w.frameElement, x, y);
  return [x, y];
}

// The frame elements around a node must be what is hit in their own documents, too.
function framesCovered(win, x, y) {
  for (let w = win; w !== globalThis && w.frameElement; w = w.parent) {
    const owner = w.frameElement;
    [x, y] = lift(owner, x, y);
    const hit = hitAt(owner, x, y);
    if (!hit) return { by: null, out: true, x, y };
    if (!takes(owner, hit)) return { by: hit, out: false, x, y };
  }
  return { by: null, out: false, x, y };
}

// A point that takes a click meant for `node`, in this world's top coordinates: {ok, x, y, by, clipped}.
function aim(node, box, point) {
  const win = windowOf(node);
  let worst = { ok: false, clipped: true, lost: false, by: null, x: 0, y: 0 };
  let first = true;
  for (const [x, y] of spots(node, box, point)) {
    if (!(x >= 0 && y >= 0 && x < win.innerWidth && y < win.innerHeight)) continue;
    const hit = hitAt(node, x, y);
    const outer = framesCovered(win, x, y);
    if (outer.out) continue;
    if (takes(node, hit) && !outer.by) return { ok: true, x: outer.x, y: outer.y, by: null, clipped: false };
    const clip = clippedBy(node, x, y);
    if (first) worst = { ok: false, clipped: clip !== "", lost: clip === "lost", by: outer.by || hit, x: outer.x, y: outer.y };
    if (!clip) first = false;
  }
  return worst;
}

function describe(el) {
  if (!el) return "nothing";
  let at = el;
  for (let up = 0; at && up < 6; up++, at = parentNode.call(at)) {
    if (nodeType.call(at) !== 1) break;
    const tag = localName.call(at);
    const role = roleOf(at, tag);
    if (!role) continue;
    return squash(`${role} ${cut(nameOf(at, tag, role) || textOf(at, 40), 40)}`);
  }
  return `${localName.call(el)} ${cut(textOf(el, 40), 40)}`.trim();
}

// Everything an action must know about its target at this moment. Scrolls it into view unless told not to.
function locate(id, point, scroll = true) {
  const node = nodeOf(id);
  if (!node) return { gone: true };
  const el = nodeType.call(node) === 3 ? parentNode.call(node) : node;
  const tag = localName.call(el);
  const facts = { tag, kind: kindOf(el, tag), role: roleOf(el, tag), disabled: matches.call(el, ":disabled") || !!closest.call(el, "[inert],[aria-disabled=true]"), readonly: !isForm(el) && !!el.readOnly, editable: isEditable(el, tag), multiple: !isForm(el) && !!el.multiple, focused: deepActive() === el, value: editedText(el, tag), whole: tag === "input" && kindOf(el, tag) === "number", name: cut(nameOf(el, tag, roleOf(el, tag)), 60) };
  if (facts.kind === "range") facts.range = [+el.min || 0, el.max === "" ? 100 : +el.max, +el.step || 1, +el.value];
  if (tag === "option") {
    const select = closest.call(el, "select");
    if (select && roleOf(select, "select") !== "listbox") return { ...facts, select: refOf(select), label: squash(el.label || el.text) };
  }
  const seenAs = isControl(tag) && !rectsOf(node).length && el.labels?.length ? el.labels[0] : node;
  if (tag === "area") return { ...facts, ...located(aim(el, areaBox(el), point)) };
  if (!rectsOf(seenAs).length) return { ...facts, hidden: true };
  let found = aim(seenAs, null, point);
  if (!found.ok && isControl(tag) && facts.kind !== "range" && el.labels?.length) {
    const through = aim(el.labels[0], null, point);
    if (through.ok) found = through;
  }
  if (!found.ok && scroll) {
    bringIn(nodeType.call(seenAs) === 3 ? parentNode.call(seenAs) : seenAs);
    found = aim(seenAs, null, point);
  }
  return { ...facts, ...located(found) };
}

const located = (found) => ({ ok: found.ok, x: found.x, y: found.y, by: found.ok ? "" : describe(found.by), clipped: found.clipped });
const bringIn = (el) => scrollIntoView.call(el, { block: "center", inline: "center", behavior: "instant" });
const calledOf = (el) => nameOf(el, localName.call(el), roleOf(el, localName.call(el)));
const isEditable = (el, tag) => ofElement(el, "isContentEditable") || (tag === "body" && isEditor(el)) || tag === "textarea" || tag === "select" || (tag === "input" && !["button", "submit", "reset", "image", "checkbox", "radio", "file", "hidden"].includes(kindOf(el, tag)));
const keysAreTaken = () => {
  const el = deepActive();
  const tag = el ? localName.call(el) : "";
  return tag === "iframe" || tag === "frame" || (!!el && isEditable(el, tag) && tag !== "select" && (isForm(el) || !el.readOnly));
};
const editedText = (el, tag) => (tag === "input" || tag === "textarea" ? cut(el.value || "", 1000) : ofElement(el, "isContentEditable") ? cut(textContent.call(el), 1000) : "");

// From a point of a foreign frame's content to this world's top coordinates: {x, y, by, out}.
function throughFrame(id, x, y) {
  const owner = nodeOf(id);
  if (!owner) return null;
  const [lx, ly] = lift(owner, x, y);
  const hit = hitAt(owner, lx, ly);
  const outer = framesCovered(windowOf(owner), lx, ly);
  const by = hit && !takes(owner, hit) ? hit : outer.by;
  return { x: outer.x, y: outer.y, out: !hit || outer.out, by: by ? describe(by) : "" };
}

function reveal(id) {
  const node = nodeOf(id);
  const el = node && nodeType.call(node) === 3 ? parentNode.call(node) : node;
  if (el) bringIn(el);
}

// Where the content of a foreign frame starts in this world's top coordinates, and its scale.
function frameOrigin(id) {
  const owner = nodeOf(id);
  if (!owner) return null;
  const [x, y] = outward(owner, ...lift(owner, 0, 0));
  const [x1] = outward(owner, ...lift(owner, 1, 0));
  return [finite(x), finite(y), finite(x1 - x)];
}

function focusOn(id) {
  const el = nodeOf(id);
  if (!el || nodeType.call(el) !== 1) return false;
  if (deepActive() !== el) ofElement(el, "focus").call(el, { preventScroll: true });
  return deepActive() === el;
}

// Puts the caret at the end, or selects all, as End or Ctrl+A would.
function caret(id, all) {
  const el = nodeOf(id);
  if (!el) return false;
  const tag = localName.call(el);
  if (tag === "input" || tag === "textarea") {
    if (all) el.select();
    else if (el.selectionEnd !== null) el.setSelectionRange(el.value.length, el.value.length);
  } else if (ofElement(el, "isContentEditable")) {
    const selection = windowOf(el).getSelection();
    selection.selectAllChildren(el);
    if (!all) selection.collapseToEnd();
  }
  return true;
}

// Position of an option by its label: exact, then without case, then by its beginning; -1 with the labels if none.
function optionIndex(id, label) {
  const el = nodeOf(id);
  if (!el || localName.call(el) !== "select") return { index: -1, labels: [] };
  const labels = [...el.options].map((o) => squash(o.label || o.text));
  const wanted = squash(label);
  const tests = [(l) => l === wanted, (l) => l.toLowerCase() === wanted.toLowerCase(), (l, i) => el.options[i].value === label, (l) => l.toLowerCase().startsWith(wanted.toLowerCase()) && wanted !== ""];
  let index = -1;
  for (const test of tests) {
    index = labels.findIndex((l, i) => test(l, i) && !el.options[i].disabled);
    if (index >= 0) break;
  }
  return { index, current: el.selectedIndex, labels: labels.slice(0, 12), multiple: el.multiple, selected: index >= 0 && el.options[index].selected, enabled: [...el.options].map((o) => !o.disabled && !o.closest("optgroup[disabled]")) , option: index >= 0 && el.multiple ? refOf(el.options[index]) : 0 };
}

// The one place that sets a value without keys: colour wells have no keyboard.
function setValue(id, value) {
  const el = nodeOf(id);
  if (!el) return false;
  el.value = value;
  el.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  el.dispatchEvent(new Event("change", { bubbles: true }));
  return el.value === value;
}

function pick(id, index) {
  const el = nodeOf(id);
  if (!el || !el.options[index]) return false;
  if (el.multiple) el.options[index].selected = true;
  else el.selectedIndex = index;
  el.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  el.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

// Scrolls the page; where an application scrolls inside a region instead, says which point lies in it.
function scrollPage(dx, dy) {
  const root = scroller();
  if (!root) return { moved: false };
  const before = [root.scrollLeft, root.scrollTop];
  scrollBy({ left: dx * innerWidth, top: dy * innerHeight, behavior: "instant" });
  if (root.scrollLeft !== before[0] || root.scrollTop !== before[1]) return { moved: true };
  let best = null;
  let size = 0;
  for (const el of inDocument(document, "querySelectorAll", "*")) {
    if (scrollHeight.call(el) <= clientHeight.call(el) + 1 && scrollWidth.call(el) <= clientWidth.call(el) + 1) continue;
    const area = clientWidth.call(el) * clientHeight.call(el);
    if (area <= size || !canScroll(el, getComputedStyle(el))) continue;
    size = area;
    best = el;
  }
  return best ? { moved: false, ref: refOf(best) } : { moved: false };
}

function regionSize(id) {
  let el = nodeOf(id);
  if (el && nodeType.call(el) !== 1) el = parentNode.call(el);
  for (; el && nodeType.call(el) === 1; el = parentNode.call(el)) if (canScroll(el, getComputedStyle(el))) return [clientWidth.call(el), clientHeight.call(el)];
  return [innerWidth, innerHeight];
}

// The box of a node in this world's top coordinates.
function boxOf(id) {
  const node = nodeOf(id);
  if (!node) return null;
  const r = nodeType.call(node) === 3 ? rectsOf(node)[0] : rectsOf(node).length ? getRect.call(node) : node.labels?.[0]?.getBoundingClientRect();
  if (!r) return null;
  const whole = r.width > 1 || r.height > 1 ? r : childBox(node) || r;
  const el = nodeType.call(node) === 3 ? parentNode.call(node) : node;
  const [x0, y0] = outward(el, whole.left, whole.top);
  const [x1, y1] = outward(el, whole.right, whole.bottom);
  return [x0, y0, x1 - x0, y1 - y0].map(finite);
}
