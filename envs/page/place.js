// Where the candidates of walk.js lie, and which of them stay within the budget. Reads only.

const overlap = (a, b) => {
  const x = Math.max(a[0], b[0]);
  const y = Math.max(a[1], b[1]);
  return [x, y, Math.max(0, Math.min(a[0] + a[2], b[0] + b[2]) - x), Math.max(0, Math.min(a[1] + a[3], b[1] + b[3]) - y)];
};

function canScroll(el, style) {
  if (/auto|scroll/.test(style.overflowY) && scrollHeight.call(el) > clientHeight.call(el) + 1 && clientHeight.call(el) > 0) return true;
  return /auto|scroll/.test(style.overflowX) && scrollWidth.call(el) > clientWidth.call(el) + 1 && clientWidth.call(el) > 0;
}

// Boxes of all candidates in the top page's viewport, and whether a person could ever get to them.
function place(c, list, proxies) {
  if (c.far !== null) return placeFar(c);
  const node = c.tag === "#text" ? c.owner : proxies.get(c.node) || c.node;
  let r = c.tag === "area" ? areaBox(c.node) : c.tag === "#text" && nodeType.call(node) !== 1 ? textBox(c) : getRect.call(c.closed ? c.select : node);
  if (c.tag === "#text" && r.width < 1 && r.height < 1) r = textBox(c);
  if (c.act && (r.width < 1 || r.height < 1)) r = childBox(node) || r;
  c.box = placed(c.at, r).map(finite);
  const part = overlap(c.at.clip, c.box);
  c.inView = (part[2] > 0 || r.width === 0) && (part[3] > 0 || r.height === 0) && !(r.width === 0 && r.height === 0);
  const lost = c.box[0] + c.box[2] + scrollX <= 0 || c.box[1] + c.box[3] + scrollY <= 0;
  const empty = c.act && !c.closed && (r.width < 1 || r.height < 1) && !SHAPES.has(c.tag) && !hasPicture(node);
  c.gone = empty || (lost && c.role !== "option" && !isInRegion(c, list)) || (r.width <= 1 && r.height <= 1) || (c.ghost && (r.width < 8 || r.height < 8));
}

const placed = (at, r) => [at.ox + at.scale * r.left, at.oy + at.scale * r.top, at.scale * r.width, at.scale * r.height];

// A picture that has not come yet gives its element no size.
const hasPicture = (node) => localName.call(node) === "img" || querySelector.call(node, "img,svg,canvas") !== null;

function isInRegion(c, list) {
  for (let up = c.parent; up >= 0; up = list[up].parent) if (list[up].region) return true;
  return false;
}

function placeFar(c) {
  c.box = placed(c.at, c.far);
  c.inView = c.gone = false;
}

function rangeOf(node) {
  const range = inDocument(documentOf(node), "createRange");
  range.selectNodeContents(node);
  return range;
}

// What is drawn of an element that has no box of its own.
function childBox(node) {
  for (const child of kidsOf(shadowOf(node) || node)) {
    if (nodeType.call(child) !== 1) continue;
    const r = getRect.call(child);
    if (r.width > 1 || r.height > 1) return r;
  }
  if (!isContents(node)) return null;
  const r = rangeOf(node).getBoundingClientRect();
  return r.width > 1 || r.height > 1 ? r : null;
}

// The union of a run's texts, one range each: a run may go on from a shadow root into slotted text.
function textBox(c) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const node of c.nodes.slice(0, 20)) {
    const r = rangeOf(node).getBoundingClientRect();
    if (r.width < 1 && r.height < 1) continue;
    box[0] = Math.min(box[0], r.left);
    box[1] = Math.min(box[1], r.top);
    box[2] = Math.max(box[2], r.right);
    box[3] = Math.max(box[3], r.bottom);
  }
  return box[0] === Infinity ? new DOMRect() : new DOMRect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
}

function areaBox(area) {
  const map = closest.call(area, "map");
  const image = map && inDocument(documentOf(area), "querySelector", `img[usemap="#${CSS.escape(attr(map, "name") || "")}"]`);
  if (!image) return new DOMRect();
  const r = getRect.call(image);
  const n = (attr(area, "coords") || "").split(",").map(Number);
  const shape = (attr(area, "shape") || "rect").toLowerCase();
  if (shape === "circle" && n.length >= 3) return new DOMRect(r.left + n[0] - n[2], r.top + n[1] - n[2], 2 * n[2], 2 * n[2]);
  if (n.length < 4) return r;
  const xs = n.filter((_, i) => i % 2 === 0);
  const ys = n.filter((_, i) => i % 2 === 1);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return new DOMRect(r.left + x, r.top + y, Math.max(...xs) - x, Math.max(...ys) - y);
}

// Usefulness for the budget: what can be used and seen first, far and decorative things last.
function worth(c) {
  let score = c.act ? 60 : c.role === "heading" || c.role === "label" ? 45 : c.tag === "#text" ? 35 : 25;
  if (c.role === "option") score = c.closed ? 30 : 50;
  if (c.inView) return score + 40;
  const away = Math.max(0, c.box[1] - innerHeight, -c.box[1]) / Math.max(1, innerHeight);
  return score - Math.min(25, away * 3);
}

function choose(list, budget) {
  const alive = list.filter((c) => !c.gone);
  dropBare(list, alive);
  let kept = alive.filter((c) => c.keep);
  const dropped = Math.max(0, kept.length - budget);
  if (dropped) {
    const ranked = kept.map((c, i) => [worth(c), i]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    for (const [, i] of ranked.slice(budget)) kept[i].keep = false;
    kept = kept.filter((c) => c.keep);
  }
  return { kept, dropped };
}

// Containers that hold nothing, or that only wrap one thing, say nothing.
function dropBare(list, alive) {
  for (const c of list) c.keep = c.below = 0;
  for (let i = alive.length - 1; i >= 0; i--) {
    const c = alive[i];
    const bare = !c.act && c.tag !== "#text" && CONTAINER.has(c.role) && c.role !== "iframe";
    const named = bare && c.below === 1 && LONELY.has(c.role) ? hasOwnName(c) : false;
    c.keep = !bare || c.below > 1 || (c.below === 1 && (!LONELY.has(c.role) || named)) ? 1 : 0;
    if (c.role === "img" && c.tag !== "#text" && !c.act && !c.mark && !nameOf(c.node, c.tag, "img")) c.keep = 0;
    const up = c.parent >= 0 ? list[c.parent] : null;
    if (up && !c.mark) up.below += c.keep ? 1 : c.below; // a mark makes no group of what it stands beside
  }
}

const hasOwnName = (c) => attr(c.node, "aria-label") !== null || attr(c.node, "aria-labelledby") !== null || c.tag === "fieldset";
