// Runs in an isolated world of its own in every document: the registry of references, settling, and the rows of the tree.
// The page is read, never marked: nothing here writes to the DOM.

const set = (name) => new Set(TABLE[name]);
const ROLES = set("roles");
const ACTIONABLE = set("actionable");
const CONTENT = set("from_content");
const CONTAINER = set("container");
const LONELY = set("lonely");
const LEAF = set("leaf");
const INLINE = set("inline");
const SKIP = set("skip");
const SHAPES = set("shapes");
const GENERIC = set("generic_words");
const FIELDS = new Set(["textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "switch", "slider", "spinbutton"]);
const TICKS = new Set(["checkbox", "radio", "switch", "button", "slider"]);
const RICH = "a[href],button,input,select,textarea,[role=button],[role=link],[role=checkbox],[onclick],[contenteditable]";

// ---- references, kept on our side -------------------------------------------------------------------------------

let counter = 0;
const ids = new WeakMap();
const nodes = new Map();
const closedRoots = new WeakMap();
const asked = new WeakMap(); // host -> its size when it was last looked into for a closed root
let flagged = new WeakSet();
let around = new Map(); // row or card -> its words, for the contexts of what is in it
let anyInert = true; // something on the page is switched off as a whole
let few = true; // a page so small that searching it for labels costs little
let labelled = new Map(); // control -> its labels, as the walk met them

const shadowOf = (el) => shadowRoot.call(el) || closedRoots.get(el) || null;

function refOf(node) {
  let id = ids.get(node);
  if (id === undefined) {
    ids.set(node, (id = ++counter));
    nodes.set(id, new WeakRef(node));
  }
  return id;
}

function nodeOf(id) {
  const node = (id < 0 ? suspected[-id - 1] : nodes.get(id))?.deref();
  return node && isConnected.call(node) ? node : null;
}

// References above `told` have reached nobody. They are given anew, in the order of the look that counts, or how often a
// page had to be looked at would show in them.
function takeBack(told) {
  for (; counter > told; counter--) {
    const node = nodes.get(counter)?.deref();
    if (node) ids.delete(node);
    nodes.delete(counter);
  }
}

// ---- what changed -----------------------------------------------------------------------------------------------

let epoch = 0;
let perpetual = false;
const watched = new WeakSet();
const observer = new MutationObserver((records) => {
  epoch += records.length;
  noteChange();
});
function watch(root) {
  if (watched.has(root)) return;
  watched.add(root);
  observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
}

// Which frame shows what an action did: the first that began after the last event of its input and after the last
// change of the DOM; where neither was seen (another document, another frame's input) or things moved on, the last frame
// that settling waited for. Times are those of frames, ms on the clock of performance.now; two lie at least 6 ms apart.
let changedAfter = null; // when the frame began that came last before the last input or change
let drawn = 0;
let frames = 0; // waited for since observe began
const INPUTS = ["pointermove", "pointerup", "click", "dblclick", "keydown", "keyup", "input", "change", "wheel", "drop"];
const readyState = getterOf(Document.prototype, "readyState");
const timeline = getterOf(Document.prototype, "timeline").call(document);
const noteChange = () => void (changedAfter = timeline.currentTime);
for (const type of INPUTS) addEventListener(type, noteChange, { capture: true, passive: true });
function whenDrawn() {
  const after = changedAfter === null ? 0 : changedAfter + 3;
  const at = after && frames <= 1 ? after : Math.max(after, drawn);
  changedAfter = null;
  return at && Date.now() - performance.now() + at; // by this moment's clock, in case it was set meanwhile
}

// Whether a frame came: a page that is not drawn gives none, and on a busy machine one may be very late.
const frame = () =>
  new Promise((resolve) => {
    const late = setTimeout(resolve, 120, false);
    requestAnimationFrame((at) => {
      frames++;
      drawn = at;
      clearTimeout(late);
      setTimeout(resolve, 0, true);
    });
  });

// Animations that will end soon; endless spinners are no reason to wait.
function animating(limit) {
  return inDocument(document, "getAnimations").some((a) => {
    if (a.playState !== "running" || !a.effect) return false;
    const t = a.effect.getComputedTiming();
    const left = (t.endTime - (t.localTime || 0)) / (a.playbackRate || 1);
    return left > 0 && left < limit;
  });
}

// The next frame and a task behind it: callbacks of the frame and timers of no delay that the input set going come
// before ours, in the order that they were asked for. (After an input the browser holds timers back until it has drawn,
// so a task before the frame would cost a second frame.) Then on while things move, until a frame passes without a
// change or `limit` ms are over. A page that never rests is not waited for twice.
async function settle(level, limit) {
  watch(document);
  if (level === "input") return "input";
  if (scriptless()) return "frame";
  const t0 = performance.now();
  let last = changes();
  let came = await frame();
  while (true) {
    const now = changes();
    const busy = animating(limit);
    if (came && now === last && !busy) return (perpetual = false), "frame";
    if (performance.now() - t0 > (perpetual && !busy ? 50 : limit)) return (perpetual = !busy), "busy";
    last = now;
    came = await frame();
  }
}

function changes() {
  const found = observer.takeRecords().length;
  if (found) noteChange();
  return (epoch += found);
}

// Where scripts are switched off (a sandbox), timers and frames of ours never come either, and nothing moves by script.
const scriptless = () => matchMedia("(scripting: none)").matches;

// The next change of the page, or `limit` ms, whichever comes first. A page that changes all the time has a next change
// at once, which nobody waits for: there, it is the end of that.
function untilChange(limit) {
  if (scriptless()) return Promise.resolve(false);
  const start = changes();
  return new Promise((resolve) => {
    const t0 = performance.now();
    let [last, since] = [start, t0];
    const look = async () => {
      await frame();
      const [now, time] = [changes(), performance.now()];
      if (now !== last) [last, since] = [now, time];
      if ((perpetual ? time - since > 100 : now !== start) || time - t0 > limit) resolve(now !== start);
      else look();
    };
    look();
  });
}

// ---- the tree ---------------------------------------------------------------------------------------------------

// All elements through open shadow roots and same-origin frames, in the order that listeners.js walks them.
function everyElement() {
  const all = [];
  const visit = (root) => {
    const found = root === document || nodeType.call(root) === 9 ? inDocument(root, "querySelectorAll", "*") : root.querySelectorAll("*");
    for (let i = 0; i < found.length; i++) {
      const el = found[i];
      all.push(el);
      const shadow = shadowRoot.call(el);
      if (shadow) visit(shadow);
      const tag = localName.call(el);
      if (tag === "iframe" || tag === "frame") {
        const inner = el.contentDocument;
        if (inner) visit(inner);
      }
    }
  };
  visit(document);
  return all;
}

function markListeners(flags) {
  const all = everyElement();
  if (all.length !== flags.all) return;
  flagged = new WeakSet();
  marks = { f: flags.f, refs: flags.f.map((i) => (flagged.add(all[i]), new WeakRef(all[i]))) };
}
let marks = { f: [], refs: [] };

// The marks in use; void as soon as one of the marked elements has left the page.
const knownListeners = () => ({ n: inDocument(document, "getElementsByTagName", "*").length, f: marks.refs.every((r) => r.deref() && isConnected.call(r.deref())) ? marks.f : null });

// The last tree that was read, and one read at this moment, for what happens between two looks.
let newest = null;
const latest = () => newest;
const readNow = (budget) => ((newest = tree(budget)), { ...newest, counter });

function tree(budget) {
  labelled = new Map();
  around = new Map();
  hitTime = 0;
  modals = [...inDocument(document, "querySelectorAll", "dialog:modal")];
  const { list, proxies, remote, hosts, entered } = collect(document, flagged);
  few = list.length < PLENTY;
  anyInert = entered || inDocument(document, "querySelector", "[inert],[aria-disabled=true]") !== null;
  for (const c of list) orElse(() => place(c, list, proxies), () => nowhere(c));
  const { kept, dropped } = choose(list, budget);
  for (const c of kept) if (c.far !== null) ((c.far = null), orElse(() => place(c, list, proxies), () => nowhere(c)));
  const slotOf = new Map(kept.map((c, i) => [c, i]));
  const up = (c) => {
    let p = c.parent;
    while (p >= 0 && !slotOf.has(list[p])) p = list[p].parent;
    return p < 0 ? -1 : slotOf.get(list[p]);
  };
  const active = deepActive();
  const twins = new Map();
  for (const c of kept) {
    if (c.tag === "#text") continue;
    c.name = orElse(() => nameOf(c.node, c.tag, c.role), () => "");
    if (c.act) twins.set(c.role + c.name, (twins.get(c.role + c.name) || 0) + 1);
  }
  const rows = kept.map((c) => orElse(() => (c.tag === "#text" ? textRow(c, up(c)) : elementRow(c, up(c), proxies, active, twins.get(c.role + c.name) > 1)), () => bareRow(c, up(c))));
  const root = scroller();
  labelled = new Map();
  return {
    rows,
    dropped,
    view: [innerWidth, innerHeight],
    scroll: root ? scrollsOf(root) : [0, 0, 0, 0],
    remote: remote.filter((c) => slotOf.has(c)).map((c) => refOf(c.node)),
    suspects: suspects(hosts),
    title: cut(ofDocument(document, "title"), 1000),
    flags: knownListeners(),
    aims: kept.filter((c) => c.aim).map((c) => [refOf(c.node), ...c.aim]),
    epoch: changes(),
  };
}

const round = (box) => box.map((v) => finite(Math.round(v * 10) / 10));
const scroller = () => ofDocument(document, "scrollingElement") || ofDocument(document, "documentElement");
const deepActive = () => {
  let at = ofDocument(document, "activeElement");
  for (let depth = 0; at && depth < 20; depth++) {
    const shadow = shadowOf(at);
    const tag = localName.call(at);
    const next = shadow ? shadow.activeElement : tag === "iframe" || tag === "frame" ? at.contentDocument && ofDocument(at.contentDocument, "activeElement") : null;
    if (!next) break;
    at = next;
  }
  return at;
};

// An element that answers as none of its name does (of another namespace, say) must not cost the others their place.
function orElse(work, instead) {
  try {
    return work();
  } catch (error) {
    return instead(error);
  }
}
const nowhere = (c) => ((c.box = [0, 0, 0, 0]), (c.inView = false), (c.gone = true));
const bareRow = (c, parent) => [refOf(c.node), c.role, c.tag === "#text" ? "" : c.tag, c.name || "", "", round(c.box), [], parent, null, null, "", "", ""];

function textRow(c, parent) {
  const r = c.nodes.length ? textBox(c) : { left: 0, top: 0, width: 0, height: 0 };
  const box = round(placed(c.at, r));
  const states = c.inView ? ["visible"] : [];
  if (c.inView && isFolded(c.owner)) states.push("lost");
  const tag = nodeType.call(c.owner) === 1 ? localName.call(c.owner) : "";
  const shape = tag === "text" ? ["text", hex(getComputedStyle(c.owner).fill), "", []] : null; // of a drawing
  return [refOf(c.node), c.role, tag, cut(squash(c.words), 800), "", box, states, parent, shape, null, "", "", ""];
}

// Text in a box of no height or width that cuts off what is in it: a closed fold.
function isFolded(owner) {
  for (let up = 0, n = owner; up < 4 && n && nodeType.call(n) === 1; up++, n = parentNode.call(n)) {
    if (clientHeight.call(n) !== 0 && clientWidth.call(n) !== 0) continue;
    const s = getComputedStyle(n);
    if (s.overflowX !== "visible" && s.display !== "inline") return true;
  }
  return false;
}

function elementRow(c, parent, proxies, active, twin) {
  const { node, role, tag, name } = c;
  const states = statesOf(node, tag, role);
  if (c.act) states.push("actionable");
  if (c.region) states.push("scrollable");
  if (node === active) states.push("focused");
  if (c.inView && !c.closed) lookAt(c, proxies.get(node) || node, states);
  const field = FIELDS.has(role) || role === "option" || tag === "progress" || tag === "meter" || tag === "input";
  const value = field || role === "slider" || role === "progressbar" || role === "scrollbar" ? valueOf(node, tag) : "";
  const bare = !name && (c.act || c.mark);
  const wordless = (c.act || c.mark) && !/[\p{L}\p{N}]/u.test(name);
  const shape = SHAPES.has(tag) || DRAWN.has(tag) || bare ? shapeOf(node, tag, c) : null;
  const scroll = c.region ? scrollsOf(node) : null;
  const href = tag === "a" || tag === "area" ? String(node.href?.baseVal ?? node.href ?? "") : "";
  const context = c.act && !c.closed && tag !== "svg" && !SHAPES.has(tag) ? contextOf(node, role, name, twin) : "";
  const shownTag = tag === "input" ? `input:${kindOf(node, tag)}` : tag;
  return [refOf(node), role, shownTag, name, value, round(c.box), states, parent, shape, scroll, cut(href, 500), context, wordless ? hintOf(node) : ""];
}

// Seen and reachable, or under something else? Looks at the centre first, then inside the corners. On very long pages a
// single hit test costs as much as a small walk: when their time is spent, the rest counts as free (an action looks again).
function lookAt(c, node, states) {
  if (c.act && outsideModal(node)) return void states.push("visible", "covered");
  if (hitTime > HIT_LIMIT_MS) return void states.push("visible");
  const t0 = performance.now();
  const hit = aim(node, c.tag === "area" ? areaBox(node) : null, null);
  hitTime += performance.now() - t0;
  if (c.act && hit.ok) c.aim = [hit.x, hit.y];
  if (hit.clipped && !hit.ok) return void (hit.lost && states.push("lost"));
  states.push("visible");
  if (c.act && !hit.ok) states.push("covered");
}
let hitTime = 0;
let modals = [];
const HIT_LIMIT_MS = 60;
const outsideModal = (node) => modals.length > 0 && documentOf(node) === document && !modals.some((m) => composedContains(m, node));

// Hosts that may hide a closed root: custom elements, and empty ones that nevertheless take space. They are named by
// numbers below 0 until the next look, since most will never be in a tree.
let suspected = [];
function suspects(hosts) {
  const found = [];
  suspected = [];
  for (const el of hosts) {
    const r = getRect.call(el);
    const size = `${Math.round(r.width)}x${Math.round(r.height)}`;
    if (r.width < 4 || r.height < 4 || asked.get(el) === size || !isSlim(el)) continue;
    asked.set(el, size);
    if (found.push(-suspected.push(new WeakRef(el))) >= 200) break;
  }
  return found;
}

// The innermost element around all of these, unless more than `limit` elements lie in it.
function commonOf(refs, limit) {
  const chains = refs.map(nodeOf).filter(Boolean).map((n) => [...upward(n)].reverse());
  if (!chains.length) return null;
  let depth = 0;
  while (chains.every((c) => c.length > depth + 1 && c[depth] === chains[0][depth])) depth++;
  const top = chains[0][chains.every((c) => c[depth] === chains[0][depth]) ? depth : depth - 1];
  return top && querySelectorAll.call(top, "*").length <= limit && isLight(top) ? top : null;
}

function* upward(node) {
  for (let n = node; n; n = parentNode.call(n) || hostOf(n) || frameAround(n)) if (nodeType.call(n) === 1) yield n;
}
// Without attributes of a length that the protocol had better not carry.
const isSlim = (el) => getAttributeNames.call(el).every((name) => getAttribute.call(el, name).length < LONG);
const HOSTS = new Set(["div", "span", "section", "article", "aside", "header", "footer", "main", "nav", "p"]);

// ---- colours and geometry ----------------------------------------------------------------------------------------

function hex(colour) {
  const n = /rgba?\(([^)]+)\)/.exec(colour || "");
  if (!n) return "";
  const [r, g, b, a] = n[1].split(/[ ,/]+/).map(Number);
  return a === 0 ? "" : "#" + [r, g, b].map((v) => Math.round(v).toString(16).padStart(2, "0")).join("");
}

const DRAWN = new Set(["canvas", "text"]);
function shapeOf(el, tag, c) {
  const style = getComputedStyle(el);
  if (tag === "canvas") return ["canvas", "", "", []];
  if (tag === "text") return ["text", hex(style.fill), "", []];
  if (!SHAPES.has(tag)) {
    const fill = hex(style.backgroundColor);
    const border = style.borderTopWidth !== "0px" ? hex(style.borderTopColor) : "";
    return fill || border ? ["box", fill, border, []] : null;
  }
  return [tag, hex(style.fill), hex(style.stroke), corners(el, tag, c)];
}

function corners(el, tag, c) {
  const matrix = el.getScreenCTM && el.getScreenCTM();
  if (!matrix) return [];
  let pairs = [];
  const n = (key) => el[key]?.baseVal?.value || 0;
  if (tag === "line") pairs = [[n("x1"), n("y1")], [n("x2"), n("y2")]];
  else if (tag === "polygon" || tag === "polyline") pairs = [...(el.points || [])].slice(0, 16).map((p) => [p.x, p.y]);
  else if (tag === "path") pairs = pathCorners(el);
  return pairs.flatMap(([x, y]) => {
    const p = new DOMPoint(x, y).matrixTransform(matrix);
    return round([p.x * c.at.scale + c.at.ox, p.y * c.at.scale + c.at.oy]);
  });
}

function pathCorners(el) {
  const total = el.getTotalLength ? el.getTotalLength() : 0;
  if (!(total > 0 && total < FAR)) return [];
  return Array.from({ length: 8 }, (_, i) => el.getPointAtLength((total * i) / 8)).map((p) => [p.x, p.y]);
}

// ---- the face -----------------------------------------------------------------------------------------------------

// `told`: the highest reference that was handed out; 0 where they start anew, as in a page just loaded.
async function observe(level, limit, budget, flags, told) {
  const t0 = performance.now();
  drawn = frames = 0;
  if (flags) markListeners(flags);
  const settled = await settle(level, limit);
  const t1 = performance.now();
  takeBack(told);
  const answer = (newest = tree(budget));
  answer.settled = settled;
  answer.drawn = whenDrawn();
  answer.loading = readyState.call(document) !== "complete";
  answer.counter = counter;
  answer.ms = [t1 - t0, performance.now() - t1];
  return toJson(answer);
}

const adopt = (host, root) => void closedRoots.set(host, root);
