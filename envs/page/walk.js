// The tree script's walk: which nodes of the page may stand in the tree. Reads only.
// Shares its scope with the other files of this folder.

const FULL = { visibilityProperty: true, opacityProperty: true };
const VISIBLE = { visibilityProperty: true };
const MAX_DEPTH = 600; // more than a parser makes, and little enough for the stack
const MAX_OPTIONS = 60;
const PLENTY = 800; // candidates after which far parts of the page are only skimmed
const FAR_SCREENS = 3;
const MOST_BELOW = 300; // elements of one that are asked whether they listen
const MARKS = new Set(["span", "i", "div", "b", "em", "td", "p"]);

const isContents = (el) => getComputedStyle(el).display === "contents";
const seen = (el, tag) => checkVisibility.call(el, VISIBLE) || tag === "area" || (isContents(el) && getComputedStyle(el).visibility === "visible");

// Picks candidates: {node, role, tag, parent (index or -1), act, at (the frame it is in), …}. The state of the walk lives
// in plain variables that are put back after each element: this is the hot path, so no objects and no generators in it.
function collect(doc, flagged) {
  const list = [];
  const proxies = new Map(); // control that cannot be seen -> its visible label
  const remote = [];
  const hosts = [];
  let at = { ox: 0, oy: 0, scale: 1, clip: [0, 0, innerWidth, innerHeight] };
  let parent = -1;
  let depth = 0;
  let textRole = "text";
  let mute = false; // text is part of a name already
  let inAct = false; // inside something that takes clicks as a whole
  let pointer = false; // an ancestor shows the hand
  let rows = false; // an ancestor's listener answers for its children
  let ghost = false; // fully transparent
  let beneath = null; // inside visibility: hidden, what `mute` was before
  let far = null; // box of an ancestor that is screens away, once there are more candidates than will be kept
  let run = null;
  let entered = false; // went into a shadow root or a frame
  let above = null; // every element around one with a listener of its own

  const push = (node, role, tag, act, extra) => list.push(extra ? { node, role, tag, parent, act, at, far, ...extra } : { node, role, tag, parent, act, at, far }) - 1;

  function flush() {
    if (run === null) return;
    const done = run;
    run = null;
    if (!squash(done.words)) return;
    list.push({ node: done.nodes[0], owner: done.owner, role: done.role, tag: "#text", parent: done.parent, act: false, at, far, words: done.words, nodes: done.nodes });
  }

  function text(node) {
    const words = nodeValue.call(node);
    if (run === null) {
      if (!/\S/.test(words)) return;
      run = { owner: parentNode.call(node), role: textRole, parent, words: "", nodes: [] };
    }
    run.words += words;
    run.nodes.push(node);
  }

  function children(node) {
    if (depth > MAX_DEPTH) return;
    depth++;
    let from = node;
    if (nodeType.call(node) === 1) {
      const shadow = shadowRoot.call(node) || closedRoots.get(node);
      if (shadow) (watch((from = shadow)), (entered = true));
      else if (mayHide(node)) hosts.push(node);
    }
    for (let child = firstChild.call(from); child !== null; child = nextSibling.call(child)) visit(child);
    depth--;
  }

  const mayHide = (el) => localName.call(el).includes("-") || (firstChild.call(el) === null && HOSTS.has(localName.call(el)));
  function visit(node) {
    const type = nodeType.call(node);
    if (type === 1) element(node);
    else if (type === 3 && !mute && !folded(node)) text(node);
  }

  const folded = (node) => {
    const owner = parentNode.call(node);
    return nodeType.call(owner) === 1 && localName.call(owner) === "details" && !hasAttribute.call(owner, "open");
  };

  // Runs `work` with the walk's state saved before and put back after it.
  function inside(work) {
    const saved = [parent, textRole, mute, inAct, pointer, rows, ghost, beneath];
    work();
    [parent, textRole, mute, inAct, pointer, rows, ghost, beneath] = saved;
  }

  function slot(el) {
    const assigned = el.assignedNodes ? el.assignedNodes() : [];
    if (assigned.length === 0) return children(el);
    for (const child of assigned) visit(child);
  }

  function element(el) {
    const tag = localName.call(el);
    if (SKIP.has(tag)) return void (tag === "map" && map(el));
    if (proxies.has(el)) return;
    if (far === null && !checkVisibility.call(el, FULL)) {
      if (!checkVisibility.call(el)) {
        if (!isContents(el)) return;
      } else if (!checkVisibility.call(el, VISIBLE)) {
        return inside(() => ((beneath = beneath ?? mute), (mute = true), children(el)));
      } else return ghostly(el, tag);
    }
    if (ghost) return ghostly(el, tag);
    if (beneath !== null) return inside(() => ((mute = beneath), (beneath = null), element(el)));
    if (tag === "br") return void (run !== null && (run.words += " "));
    if (INLINE.has(tag)) return visible(el, tag);
    flush();
    const nearer = far;
    if (far === null && list.length > PLENTY) far = farBox(el);
    visible(el, tag);
    flush();
    far = nearer;
  }

  // Descendants of such a box are told by their markup alone: they will hardly be kept, and styles and boxes cost most.
  function farBox(el) {
    const r = getRect.call(el);
    return r.top > FAR_SCREENS * innerHeight || r.bottom < (1 - FAR_SCREENS) * innerHeight ? r : null;
  }

  // Fully transparent: only controls that still take clicks count (styled file inputs, boxes to tick).
  function ghostly(el, tag) {
    const role = tag === "input" ? roleOf(el, tag) : "";
    if (role === "checkbox" || role === "radio" || kindOf(el, tag) === "file") push(el, role, tag, true, { ghost: true });
    else inside(() => ((ghost = mute = true), children(el)));
  }

  function map(el) {
    for (const area of querySelectorAll.call(el, "area[href],area[onclick]")) push(area, "link", "area", true);
  }

  function visible(el, tag) {
    if (SPECIAL.has(tag)) return special(el, tag);
    const role = tag === "body" && isEditor(el) ? "textbox" : roleOf(el, tag);
    let act = ACTIONABLE.has(role);
    let kind = role;
    let hand = false;
    let region = false;
    if (!inAct && far === null) {
      const style = getComputedStyle(el);
      hand = style.cursor === "pointer";
      region = !INLINE.has(tag) && !STILL.has(tag) && !CLIPLESS.has(style.overflowY) && canScroll(el, style);
      if (!act && isClickable(el, tag, hand && !pointer) && !(listens(el) && !isOwn(el, tag))) {
        act = true;
        if (!CONTAINER.has(role) || role === "listitem" || role === "row" || role === "group") kind = role === "cell" ? "gridcell" : "clickable";
      }
      if (!act && !region && role === "" && isMark(el, tag, style)) return void (push(el, "img", tag, false, { mark: true }), mayHide(el) && hosts.push(el));
    }
    if (act || region || CONTAINER.has(role) || (role === "img" && !inAct) || role === "progressbar" || role === "meter") return keep(el, tag, kind, act, region, hand);
    const saved = [textRole, mute, pointer, rows];
    if (LEAF.has(role) && role !== "img") textRole = role;
    mute = mute || getAttribute.call(el, "aria-hidden") === "true";
    pointer = pointer || hand;
    rows = flagged.has(el) && tag !== "body" && tag !== "html" && hasRows(el);
    children(el);
    [textRole, mute, pointer, rows] = saved;
  }

  function keep(el, tag, kind, act, region, hand) {
    flush();
    inside(() => {
      const blank = kind === "" || (!act && !CONTAINER.has(kind) && !LEAF.has(kind));
      parent = push(el, blank ? "region" : kind, tag, act || region, region ? { region } : null);
      pointer = pointer || hand;
      rows = !act && flagged.has(el) && hasRows(el);
      if (LEAF.has(kind) && !act) textRole = kind;
      mute = mute || kind === "img" || getAttribute.call(el, "aria-hidden") === "true";
      if (act && (FIELDS.has(kind) || (CONTENT.has(kind) && !(kind === "clickable" && (tag === "tr" || isRich(el)))))) {
        mute = true;
        inAct = kind !== "clickable" || !listens(el);
      }
      if (!CLOSED.has(tag)) children(el);
      flush();
    });
  }

  const isRich = (el) => textContent.call(el).length > 160 || querySelector.call(el, RICH) !== null;

  function isClickable(el, tag, hand) {
    if (tag === "html" || tag === "body") return false;
    if ((rows && !PARTS.has(tag)) || hand || hasAttribute.call(el, "onclick") || getAttribute.call(el, "draggable") === "true") return true;
    if (hasAttribute.call(el, "tabindex") && ofElement(el, "tabIndex") >= 0) return true;
    return flagged.has(el) && !hasRows(el);
  }

  // Takes clicks of its own, whatever stands in it.
  const isOwn = (el, tag) => flagged.has(el) || hasAttribute.call(el, "onclick") || getAttribute.call(el, "draggable") === "true" || (rows && !PARTS.has(tag)) || hasAttribute.call(el, "tabindex");

  // Holds something else that listens (a star in the row of a mail), and not only a second wrapper of the same words.
  function listens(el) {
    if (above === null) {
      above = new WeakSet();
      for (const mark of marks.refs) {
        const own = mark.deref();
        for (let n = own && (parentNode.call(own) || hostOf(own)); n && !above.has(n); n = parentNode.call(n) || hostOf(n)) above.add(n);
      }
    }
    if (!above.has(el) || textContent.call(el).length > 2000) return false;
    const words = squash(textContent.call(el));
    const below = querySelectorAll.call(el, "*");
    for (let i = 0; i < below.length && i < MOST_BELOW; i++) {
      if (flagged.has(below[i]) && squash(textContent.call(below[i])) !== words && checkVisibility.call(below[i])) return true;
    }
    return false;
  }

  // What an element lies on.
  function groundOf(el) {
    let n = parentNode.call(el);
    for (let up = 0; up < 8 && n && nodeType.call(n) === 1; up++, n = parentNode.call(n)) {
      const fill = hex(getComputedStyle(n).backgroundColor);
      if (fill) return fill;
    }
    return "#ffffff";
  }

  // A small painted box without words, which only eyes would see: an icon, a block, a swatch.
  function isMark(el, tag, style) {
    if (mute || far !== null || firstChild.call(el) !== null || !MARKS.has(tag) || shadowRoot.call(el) || closedRoots.get(el)) return false;
    const r = getRect.call(el);
    if (r.width < 6 || r.height < 6 || r.width > 48 || r.height > 48 || r.width > 4 * r.height || r.height > 4 * r.width) return false;
    const fill = hex(style.backgroundColor);
    const painted = fill !== "" && (style.borderTopWidth !== "0px" || fill !== groundOf(el));
    return painted || ((style.backgroundImage !== "none" || style.content.startsWith("url")) && hintOf(el) !== "");
  }

  // A listener on a list answers for its rows: the rows are what a person clicks.
  function hasRows(el) {
    const tags = new Map();
    for (const c of kidsOf(el)) if (nodeType.call(c) === 1 && !PARTS.has(localName.call(c))) tags.set(localName.call(c), (tags.get(localName.call(c)) || 0) + 1);
    return Math.max(0, ...tags.values()) > 1 && !textOnly(el);
  }

  const textOnly = (el) => {
    for (const c of kidsOf(el)) if (nodeType.call(c) === 1 && !INLINE.has(localName.call(c)) && localName.call(c) !== "br") return false;
    return true;
  };

  function special(el, tag) {
    if (tag === "slot") return slot(el);
    if (tag === "svg") return drawing(el);
    if (tag === "legend" || tag === "caption") return inside(() => ((mute = parent >= 0 && list[parent].node === parentNode.call(el)), children(el)));
    if (tag === "label") return label(el);
    if (tag === "select") return select(el, roleOf(el, tag));
    return frame(el, tag);
  }

  function label(el) {
    const control = el.control;
    if (control) labelled.has(control) ? labelled.get(control).push(el) : labelled.set(control, [el]);
    if (!control) return inside(() => ((textRole = "label"), children(el)));
    flush();
    if (!proxies.has(control) && !canSee(control)) {
      proxies.set(control, el);
      const tag = localName.call(control);
      const known = list.findLast((c) => c.node === control);
      if (!known && roleOf(control, tag)) push(control, roleOf(control, tag), tag, true);
    }
    inside(() => {
      mute = pointer = true;
      inAct = false;
      children(el);
    });
    flush();
  }

  const canSee = (control) => {
    if (!checkVisibility.call(control, FULL)) return false;
    const r = getRect.call(control);
    return r.width > 2 && r.height > 2 && r.right + scrollX > 0 && r.bottom + scrollY > 0;
  };

  function select(el, role) {
    flush();
    inside(() => {
      parent = push(el, role, "select", true);
      const closed = role !== "listbox";
      for (const option of [...(el.options || [])].slice(0, MAX_OPTIONS)) push(option, "option", "option", true, { closed, select: el });
    });
  }

  function drawing(el) {
    const r = getRect.call(el);
    if (inAct || (r.width <= 40 && r.height <= 40)) {
      const act = !inAct && isClickable(el, "svg", !pointer && getComputedStyle(el).cursor === "pointer");
      if (act || (!inAct && nameOf(el, "svg", ""))) push(el, act ? "clickable" : "img", "svg", act);
      return;
    }
    flush();
    const decoration = getAttribute.call(el, "aria-hidden") === "true";
    inside(() => {
      parent = push(el, "graphics-document", "svg", flagged.has(el));
      textRole = "text";
      shapes(el, decoration);
    });
  }

  function shapes(node, decoration) {
    for (const child of kidsOf(node)) {
      if (nodeType.call(child) !== 1) continue;
      const tag = localName.call(child);
      if (SKIP.has(tag) || !checkVisibility.call(child, FULL)) continue;
      if ((tag === "a" && roleOf(child, tag)) || (tag === "g" && flagged.has(child) && !hasRows(child))) {
        push(child, tag === "a" ? "link" : "graphics-symbol", tag, true);
      } else if (SHAPES.has(tag)) (!decoration || flagged.has(child)) && push(child, "graphics-symbol", tag, true);
      else if (tag === "text") flagged.has(child) ? push(child, "clickable", tag, true) : (children(child), flush());
      else if (tag === "foreignObject" || tag === "foreignobject") children(child);
      else shapes(child, decoration);
    }
  }

  function frame(el, tag) {
    flush();
    const r = getRect.call(el);
    if (r.width < 2 || r.height < 2) return;
    const saved = at;
    inside(() => {
      parent = push(el, "iframe", tag, false);
      let inner = null;
      try {
        inner = el.contentDocument;
      } catch (error) {
        inner = null; // a sandboxed or foreign frame: read through its own session
      }
      if (!inner || !ofDocument(inner, "documentElement")) return void remote.push(list[parent]);
      watch(inner);
      entered = true;
      const [x, y] = lift(el, 0, 0);
      const scale = at.scale * (lift(el, 1, 0)[0] - x);
      const [ox, oy] = [at.ox + at.scale * x, at.oy + at.scale * y];
      at = { ox, oy, scale, clip: overlap(at.clip, [ox, oy, el.clientWidth * scale, el.clientHeight * scale]) };
      textRole = "text";
      pointer = false;
      children(inner);
      flush();
    });
    at = saved;
  }

  children(doc);
  flush();
  return { list, proxies, remote, hosts, entered };
}

const SPECIAL = new Set(["slot", "svg", "label", "legend", "caption", "select", "iframe", "frame"]);
const CLOSED = new Set(["input", "img", "textarea", "canvas", "video", "audio", "progress", "meter"]); // their content is not drawn
const PARTS = new Set(["section", "main", "nav", "header", "footer", "form", "aside", "fieldset", "ul", "ol", "table", "script", "style"]); // no rows
const STILL = new Set(["p", "li", "td", "th", "tr", "thead", "tfoot", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "img", "input", "button", "hr"]);
const CLIPLESS = new Set(["visible", "clip"]);
