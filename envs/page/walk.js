// The tree script: one walk that picks candidates, then geometry, budget and details for those that stay.
// Reads only. Shares its scope with names.js and page.js.

const FULL = { visibilityProperty: true, opacityProperty: true };
const VISIBLE = { visibilityProperty: true };
const CLICKS = 1;
const MAX_DEPTH = 1200;
const MAX_OPTIONS = 60;

const isContents = (el) => getComputedStyle(el).display === "contents";
const seen = (el, tag) => checkVisibility.call(el, VISIBLE) || tag === "area" || (isContents(el) && getComputedStyle(el).visibility === "visible");

// A candidate: node, role, tag, parent (index or -1), act, run (text nodes), ox/oy (frame offset), clip (frame's visible box).
function collect(doc, flagged) {
  const list = [];
  const proxies = new Map(); // control that cannot be seen -> its visible label
  const remote = [];
  const hosts = [];
  let run = null;

  const push = (node, role, tag, at, act, extra) => list.push({ node, role, tag, parent: at.parent, act, at, ...extra }) - 1;
  const flush = () => {
    if (run && squash(run.words)) list.push({ node: run.first, owner: run.owner, role: run.role, tag: "#text", parent: run.at.parent, act: false, at: run.at, words: run.words, nodes: run.nodes });
    run = null;
  };

  function text(node, at) {
    if (at.mute) return;
    const words = nodeValue.call(node);
    if (!run) run = { first: node, owner: parentNode.call(node), role: at.textRole, at, words: "", nodes: [] };
    run.words += words;
    run.nodes.push(node);
  }

  function children(node, at) {
    if (at.depth > MAX_DEPTH) return;
    const host = nodeType.call(node) === 1;
    const shadow = host ? shadowOf(node) : null;
    if (shadow) watch(shadow);
    else if (host && mayHide(node)) hosts.push(node);
    for (const child of kidsOf(shadow || node)) {
      const type = nodeType.call(child);
      if (type === 3) text(child, at);
      else if (type === 1) element(child, at);
    }
  }

  const mayHide = (el) => (firstChild.call(el) ? localName.call(el).includes("-") : HOSTS.has(localName.call(el)) || localName.call(el).includes("-"));

  function slot(el, at) {
    const assigned = el.assignedNodes ? el.assignedNodes() : [];
    for (const child of assigned.length ? assigned : kidsOf(el)) {
      const type = nodeType.call(child);
      if (type === 3) text(child, at);
      else if (type === 1) element(child, at);
    }
  }

  function element(el, at) {
    const tag = localName.call(el);
    if (SKIP.has(tag)) return tag === "map" || tag === "noscript" ? map(el, tag, at) : undefined;
    let ghost = false;
    if (!checkVisibility.call(el, FULL)) {
      if (!checkVisibility.call(el)) {
        if (!isContents(el)) return;
      } else if (!checkVisibility.call(el, VISIBLE)) {
        return children(el, { ...at, mute: true, depth: at.depth + 1 });
      } else ghost = true;
    }
    if (tag === "br") return void (run && (run.words += " "));
    if (ghost || at.ghost) return ghostly(el, tag, at);
    const inline = INLINE.has(tag);
    if (!inline) flush();
    visible(el, tag, at);
    if (!inline) flush();
  }

  // Fully transparent: only controls that still take clicks count (styled file inputs, boxes to tick).
  function ghostly(el, tag, at) {
    const role = roleOf(el, tag);
    if (isControl(tag) && role) push(el, role, tag, at, true, { ghost: true });
    else children(el, { ...at, ghost: true, mute: true, depth: at.depth + 1 });
  }

  function map(el, tag, at) {
    if (tag === "map") for (const area of querySelectorAll.call(el, "area[href],area[onclick]")) push(area, "link", "area", at, true);
  }

  function visible(el, tag, at) {
    if (tag === "slot") return slot(el, at);
    if (tag === "svg") return drawing(el, at);
    if (tag === "iframe" || tag === "frame") return frame(el, tag, at);
    if (tag === "label") return label(el, at);
    const role = roleOf(el, tag);
    if (tag === "select") return select(el, role, at);
    const style = at.inAct ? null : getComputedStyle(el);
    const pointer = style !== null && style.cursor === "pointer";
    let act = ACTIONABLE.has(role);
    let kind = role;
    if (!act && !at.inAct && isClickable(el, tag, pointer && !at.pointer, at)) {
      act = true;
      if (!CONTAINER.has(role) || role === "listitem" || role === "row" || role === "group") kind = role === "cell" ? "gridcell" : "clickable";
    }
    const region = style !== null && canScroll(el, style);
    const next = { ...at, depth: at.depth + 1, pointer: at.pointer || pointer, rows: false };
    if (LEAF.has(role) && !act) next.textRole = role;
    if (!next.mute && attr(el, "aria-hidden") === "true") next.mute = true;
    const keep = act || region || CONTAINER.has(role) || role === "img" || role === "progressbar" || role === "meter";
    if (!keep) {
      next.rows = tag !== "body" && tag !== "html" && flagged.has(el) && hasRows(el);
      return children(el, next);
    }
    flush();
    const isBlank = kind === "" || (!act && !CONTAINER.has(role) && !LEAF.has(role));
    next.parent = push(el, isBlank ? "region" : kind, tag, at, act || region, { region });
    if (act && CONTENT.has(kind) && !(kind === "clickable" && isRich(el))) next.mute = next.inAct = true;
    if (act && FIELDS.has(kind)) next.mute = next.inAct = true;
    if (tag !== "input" && tag !== "img" && tag !== "textarea") children(el, next);
    flush();
  }

  const isRich = (el) => textContent.call(el).length > 160 || querySelector.call(el, RICH) !== null;

  function isClickable(el, tag, pointer, at) {
    if (tag === "html" || tag === "body") return false;
    if (at.rows || pointer || hasAttribute.call(el, "onclick") || attr(el, "draggable") === "true") return true;
    return flagged.has(el) && !hasRows(el);
  }

  // A listener on a list answers for its rows: the rows are what a person clicks.
  function hasRows(el) {
    const tags = new Map();
    for (const c of kidsOf(el)) if (nodeType.call(c) === 1) tags.set(localName.call(c), (tags.get(localName.call(c)) || 0) + 1);
    return Math.max(0, ...tags.values()) > 1 && !textOnly(el);
  }

  const textOnly = (el) => {
    for (const c of kidsOf(el)) if (nodeType.call(c) === 1 && !INLINE.has(localName.call(c)) && localName.call(c) !== "br") return false;
    return true;
  };

  function label(el, at) {
    const control = el.control;
    const next = { ...at, depth: at.depth + 1, textRole: "label" };
    if (!control) return children(el, next);
    flush();
    if (!proxies.has(control) && !canSee(control)) {
      proxies.set(control, el);
      const tag = localName.call(control);
      if (roleOf(control, tag)) push(control, roleOf(control, tag), tag, at, true);
    }
    children(el, { ...next, mute: true, inAct: false, pointer: true });
    flush();
  }

  const canSee = (control) => {
    if (!checkVisibility.call(control, FULL)) return false;
    const r = getRect.call(control);
    return r.width > 2 && r.height > 2 && r.right + scrollX > 0 && r.bottom + scrollY > 0;
  };

  function select(el, role, at) {
    flush();
    const parent = push(el, role, "select", at, true);
    const listed = role === "listbox";
    let n = 0;
    for (const option of el.options) {
      if (++n > MAX_OPTIONS) break;
      push(option, "option", "option", { ...at, parent, inAct: true }, true, { closed: !listed, select: el });
    }
  }

  function drawing(el, at) {
    const r = getRect.call(el);
    const icon = at.inAct || (r.width <= 40 && r.height <= 40);
    if (icon) {
      const act = !at.inAct && isClickable(el, "svg", getComputedStyle(el).cursor === "pointer" && !at.pointer, at);
      if (act || (!at.inAct && nameOf(el, "svg", ""))) push(el, act ? "clickable" : "img", "svg", at, act);
      return;
    }
    flush();
    const parent = push(el, "graphics-document", "svg", at, flagged.has(el));
    const inside = { ...at, parent, depth: at.depth + 1, textRole: "text" };
    const shapes = (node) => {
      for (const child of kidsOf(node)) {
        if (nodeType.call(child) !== 1) continue;
        const tag = localName.call(child);
        if (SKIP.has(tag) || !checkVisibility.call(child, FULL)) continue;
        if (SHAPES.has(tag)) push(child, "graphics-symbol", tag, inside, true);
        else if (tag === "text") {
          if (flagged.has(child)) push(child, "clickable", tag, inside, true);
          else (children(child, inside), flush());
        } else if (tag === "foreignObject" || tag === "foreignobject") children(child, inside);
        else shapes(child);
      }
    };
    shapes(el);
  }

  function frame(el, tag, at) {
    flush();
    const r = getRect.call(el);
    if (r.width < 2 || r.height < 2) return;
    const parent = push(el, "iframe", tag, at, false);
    let inner = null;
    try {
      inner = el.contentDocument;
    } catch (error) {
      inner = null; // a sandboxed or foreign frame: read through its own session
    }
    if (!inner || !inner.documentElement) return void remote.push(list[parent]);
    watch(inner);
    const s = getComputedStyle(el);
    const ox = at.ox + r.left + el.clientLeft + parseFloat(s.paddingLeft);
    const oy = at.oy + r.top + el.clientTop + parseFloat(s.paddingTop);
    const clip = overlap(at.clip, [ox, oy, el.clientWidth, el.clientHeight]);
    children(inner, { ...at, parent, ox, oy, clip, depth: at.depth + 1, textRole: "text", pointer: false });
    flush();
  }

  const view = [0, 0, innerWidth, innerHeight];
  children(doc, { parent: -1, depth: 0, ox: 0, oy: 0, clip: view, textRole: "text", mute: false, inAct: false, pointer: false, rows: false, ghost: false });
  flush();
  return { list, proxies, remote, hosts };
}

const overlap = (a, b) => {
  const x = Math.max(a[0], b[0]);
  const y = Math.max(a[1], b[1]);
  return [x, y, Math.max(0, Math.min(a[0] + a[2], b[0] + b[2]) - x), Math.max(0, Math.min(a[1] + a[3], b[1] + b[3]) - y)];
};

function canScroll(el, style) {
  if (el.scrollHeight > el.clientHeight + 1 && el.clientHeight > 0 && /auto|scroll/.test(style.overflowY)) return true;
  return el.scrollWidth > el.clientWidth + 1 && el.clientWidth > 0 && /auto|scroll/.test(style.overflowX);
}

// Boxes of all candidates in the top page's viewport, and whether a person could ever get to them.
function place(c, proxies) {
  const node = c.tag === "#text" ? c.owner : proxies.get(c.node) || c.node;
  let r = c.tag === "area" ? areaBox(c.node) : c.tag === "#text" && nodeType.call(node) !== 1 ? textBox(c) : getRect.call(c.closed ? c.select : node);
  if (r.width < 1 && r.height < 1 && c.act && c.tag !== "#text") r = childBox(node) || r;
  c.box = [r.left + c.at.ox, r.top + c.at.oy, r.width, r.height];
  const part = overlap(c.at.clip, c.box);
  c.inView = (part[2] > 0 || r.width === 0) && (part[3] > 0 || r.height === 0) && !(r.width === 0 && r.height === 0);
  const lost = c.box[0] + r.width + scrollX + c.at.ox <= 0 || c.box[1] + r.height + scrollY + c.at.oy <= 0;
  c.gone = lost || (r.width <= 1 && r.height <= 1) || (c.ghost && (r.width < 8 || r.height < 8));
}

function childBox(node) {
  for (const child of kidsOf(shadowOf(node) || node)) {
    if (nodeType.call(child) !== 1) continue;
    const r = getRect.call(child);
    if (r.width > 1 || r.height > 1) return r;
  }
  return null;
}

function textBox(c) {
  const range = document.createRange();
  range.setStartBefore(c.nodes[0]);
  range.setEndAfter(c.nodes[c.nodes.length - 1]);
  return range.getBoundingClientRect();
}

function areaBox(area) {
  const map = closest.call(area, "map");
  const image = map && document.querySelector(`img[usemap="#${CSS.escape(attr(map, "name") || "")}"]`);
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
    if (c.role === "img" && !c.act && !nameOf(c.node, c.tag, "img")) c.keep = 0;
    const up = c.parent >= 0 ? list[c.parent] : null;
    if (up) up.below += c.keep ? 1 : c.below;
  }
}

const hasOwnName = (c) => attr(c.node, "aria-label") !== null || attr(c.node, "aria-labelledby") !== null || c.tag === "fieldset";
