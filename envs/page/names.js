// Names, values and states of single elements. Reads only; shares its scope with walk.js and page.js.

// Texts of a page may have any length; nothing here needs more of them than this.
const LONG = 20000;
const short = (s) => (s.length > LONG ? s.slice(0, LONG) : s);
const squash = (s) => short(s).replace(/[\s\u00a0\u200b]+/g, " ").trim().toWellFormed();
const cut = (s, n) => (s.length > n ? s.slice(0, isHigh(s.charCodeAt(n - 2)) ? n - 2 : n - 1) + "…" : s).toWellFormed();
const isHigh = (code) => code >= 0xd800 && code < 0xdc00; // the first half of a pair
const attr = (el, key) => {
  const value = getAttribute.call(el, key);
  return value !== null && value.length > LONG ? value.slice(0, LONG) : value;
};
const rootOf = (el) => getRootNode.call(el);
const isControl = (tag) => tag === "input" || tag === "select" || tag === "textarea" || tag === "button";

const PLAIN = new Set(["presentation", "none", "generic", "text"]);

function kindOf(el, tag) {
  return tag === "input" ? (attr(el, "type") || "text").toLowerCase() : "";
}

function roleOf(el, tag) {
  const tokens = (attr(el, "role") || "").toLowerCase().split(/\s+/);
  const given = tokens.find((t) => ROLES.has(t) || PLAIN.has(t)) || ""; // tokens that are no role are passed over
  if (given && !PLAIN.has(given)) return given;
  if (tag === "a") return hasAttribute.call(el, "href") ? "link" : "";
  if (tag === "area") return hasAttribute.call(el, "href") ? "link" : "";
  if (tag === "input") {
    const kind = kindOf(el, tag);
    if (kind === "hidden") return "";
    return TABLE.input[kind] || (hasAttribute.call(el, "list") ? "combobox" : "textbox");
  }
  if (tag === "select") return hasAttribute.call(el, "multiple") || +attr(el, "size") > 1 ? "listbox" : "combobox";
  if (given) return isControl(tag) ? TABLE.tag[tag] || "" : "";
  if (tag === "th") return attr(el, "scope") === "row" ? "rowheader" : "columnheader";
  if (tag === "section") return attr(el, "aria-label") || attr(el, "aria-labelledby") ? "region" : "";
  if (tag === "img" && attr(el, "alt") === "") return "";
  const editable = attr(el, "contenteditable");
  if (editable !== null && editable !== "false") return "textbox";
  return TABLE.tag[tag] || "";
}

// What a person reads inside a node: text, alternatives of images, names of embedded widgets; hidden parts left out.
function textOf(node, limit = 400, skipControls = true) {
  const only = firstChild.call(node);
  if (only === null && !shadowOf(node)) return "";
  if (only !== null && nodeType.call(only) === 3 && nextSibling.call(only) === null && !shadowOf(node)) return cut(squash(nodeValue.call(only)), limit);
  const parts = [];
  let size = 0;
  const visit = (n, depth) => {
    if (size > limit || depth > 60) return;
    const type = nodeType.call(n);
    if (type === 3) {
      const s = short(nodeValue.call(n));
      parts.push(s);
      size += s.length;
      return;
    }
    if (type !== 1 && type !== 11) return;
    if (type === 1 && n !== node) {
      const tag = localName.call(n);
      if (SKIP.has(tag) && tag !== "title") return;
      if (tag === "title" && rootTagOf(n) !== "svg") return;
      if (tag === "br") return void parts.push(" ");
      if (attr(n, "aria-hidden") === "true" || !seen(n, tag)) return;
      const spoken = attr(n, "aria-label") || (tag === "img" ? attr(n, "alt") : "");
      if (spoken) return void (parts.push(" ", spoken, " "), (size += spoken.length));
      if (skipControls && isControl(tag) && tag !== "button") return;
      if (!INLINE.has(tag)) parts.push(" ");
      else if (parts.length && !/\s$/.test(parts[parts.length - 1]) && !/^inline/.test(getComputedStyle(n).display)) parts.push(" ");
    }
    const assigned = type === 1 && localName.call(n) === "slot" && n.assignedNodes ? n.assignedNodes() : [];
    for (const child of assigned) visit(child, depth + 1);
    const from = (type === 1 && n !== node && shadowOf(n)) || n;
    if (!assigned.length) for (let child = firstChild.call(from); child !== null; child = nextSibling.call(child)) visit(child, depth + 1);
    if (type === 1 && !INLINE.has(localName.call(n))) parts.push(" ");
  };
  visit(node, 0);
  return cut(squash(parts.join("")), limit);
}

const rootTagOf = (n) => {
  const p = parentNode.call(n);
  return p && nodeType.call(p) === 1 ? localName.call(p) : "";
};

function byIds(el, key) {
  const ids = attr(el, key);
  if (!ids) return "";
  const root = rootOf(el);
  const find = nodeType.call(root) === 9 ? Document.prototype.getElementById : nodeType.call(root) === 11 ? DocumentFragment.prototype.getElementById : null;
  if (find === null) return "";
  const texts = [];
  for (const id of ids.trim().split(/\s+/)) {
    const other = find.call(root, id);
    if (other) texts.push(attr(other, "aria-label") || textOf(other, 200, true) || (other === el ? "" : valueOf(other, localName.call(other))));
  }
  return squash(texts.join(" "));
}

function labelsText(el, tag) {
  if (!isControl(tag) && tag !== "meter" && tag !== "progress" && tag !== "output") return "";
  const labels = labelled.get(el) || (few ? el.labels || [] : []); // el.labels searches the whole document
  if (!labels.length) return "";
  return squash([...labels].map((l) => textOf(l, 200, true)).join(" "));
}

function nativeName(el, tag, role) {
  const kind = kindOf(el, tag);
  if (tag === "input" && (kind === "submit" || kind === "reset" || kind === "button")) {
    return attr(el, "value") || el.value || (kind === "submit" ? "Submit" : kind === "reset" ? "Reset" : "");
  }
  if (tag === "img" || tag === "area" || kind === "image") return attr(el, "alt") || attr(el, "value") || "";
  if (tag === "fieldset") return childText(el, "legend");
  if (tag === "table") return childText(el, "caption");
  if (tag === "figure") return childText(el, "figcaption");
  if (tag === "optgroup") return attr(el, "label") || "";
  if (tag === "option") return squash(attr(el, "label") || el.text || "");
  if (tag === "svg") return childText(el, "title");
  if (SHAPES.has(tag) || tag === "g") return childText(el, "title");
  if (tag === "body") return squash(attr(frameOwner(el), "title") || attr(frameOwner(el), "aria-label") || "");
  if (tag === "canvas") return cut(squash(textContent.call(el)), 100);
  return role === "dialog" || role === "alertdialog" ? cut(firstHeading(el), 80) : "";
}

const frameOwner = (body) => frameAround(body) || body;
const isEditor = (body) => body.isContentEditable || ofDocument(documentOf(body), "designMode") === "on";

function childText(el, tag) {
  for (const child of kidsOf(el)) if (nodeType.call(child) === 1 && localName.call(child) === tag) return textOf(child, 200);
  return "";
}

function firstHeading(el) {
  const h = querySelector.call(el, "h1,h2,h3,h4,[role=heading],.ui-dialog-title");
  return h ? textOf(h, 80) : "";
}

function pseudoText(el) {
  for (const side of ["::before", "::after"]) {
    const content = getComputedStyle(el, side).content;
    const match = content && /^"(.*)"$/.exec(content);
    const words = match ? squash(match[1].replace(/[\ue000-\uf8ff]/g, "")) : "";
    if (words) return words;
  }
  return "";
}

function nameOf(el, tag, role) {
  let name = givenName(el, tag, role);
  if (!name && CONTENT.has(role)) {
    const limit = role === "clickable" || role === "treeitem" ? 120 : 300;
    name = textOf(el, limit) || imagesText(el) || pseudoText(el);
  }
  if (!name) for (const key of TITLES) if ((name = squash(attr(el, key) || ""))) break;
  if (!name && FIELDS.has(role)) name = headerText(el) || nearText(el, tag, role);
  return cut(name, 300);
}

const givenName = (el, tag, role) => byIds(el, "aria-labelledby") || squash(attr(el, "aria-label") || "") || labelsText(el, tag) || nativeName(el, tag, role);

// The name that any reader of the page would tell: nothing that is only near.
function accessibleNameOf(el) {
  const tag = localName.call(el);
  const role = roleOf(el, tag);
  const given = givenName(el, tag, role) || (CONTENT.has(role) && tag !== "summary" ? textOf(el, 300) : "");
  return given || squash(attr(el, "title") || attr(el, "placeholder") || "");
}

const wordsOf = (el) => textOf(el, 200);

const TITLES = ["title", "placeholder", "aria-placeholder", "data-placeholder", "data-tooltip", "data-title", "data-original-title"];

function imagesText(el) {
  if (firstElementChild.call(el) === null) return "";
  const picture = querySelector.call(el, "img[alt],svg title,[aria-label],[title]");
  if (!picture) return "";
  return squash(attr(picture, "alt") || attr(picture, "aria-label") || attr(picture, "title") || textContent.call(picture) || "");
}

// Column header (and the row's first words) of a control inside a table cell.
function headerText(el) {
  const cell = closest.call(el, "td,th,[role=cell],[role=gridcell]");
  const row = cell && parentNode.call(cell);
  const table = row && closest.call(row, "table,[role=table],[role=grid]");
  if (!table) return "";
  const index = cellIndex(row, cell);
  const top = querySelector.call(table, "tr,[role=row]");
  const head = top && top !== row ? cellAt(top, index) : null;
  return head ? textOf(head, 80) : "";
}

function rowHeader(el) {
  const cell = closest.call(el, "td,[role=cell],[role=gridcell]");
  const first = cell && cellAt(parentNode.call(cell), 0);
  return first && first !== cell ? textOf(first, 80) : "";
}

const cellsOf = (row) => [...kidsOf(row)].filter((c) => nodeType.call(c) === 1);
const cellIndex = (row, cell) => {
  let at = 0;
  for (const c of cellsOf(row)) {
    if (c === cell) return at;
    at += +(attr(c, "colspan") || 1);
  }
  return at;
};
const cellAt = (row, index) => {
  let at = 0;
  for (const c of cellsOf(row)) {
    at += +(attr(c, "colspan") || 1);
    if (at > index) return c;
  }
  return null;
};

// The words beside an unlabelled field: after it for boxes to tick, before it for all others.
function nearText(el, tag, role) {
  const after = role === "checkbox" || role === "radio" || role === "switch";
  let node = el;
  for (let up = 0; up < 4 && node && nodeType.call(node) === 1; up++) {
    for (const forward of after ? [true, false] : [false]) {
      const words = besideText(node, forward);
      if (words) return words;
    }
    node = parentNode.call(node);
    if (node && nodeType.call(node) === 1 && ["form", "body", "tr", "fieldset"].includes(localName.call(node))) break;
  }
  return "";
}

function besideText(node, forward) {
  let other = node;
  for (let steps = 0; steps < 6; steps++) {
    other = forward ? nextSibling.call(other) : previousSibling.call(other);
    if (!other) return "";
    const type = nodeType.call(other);
    if (type === 3) {
      const words = squash(nodeValue.call(other));
      if (words.length > 1) return cut(words, 80);
    } else if (type === 1) {
      const tag = localName.call(other);
      if (SKIP.has(tag) || tag === "br") continue;
      if (isControl(tag) || querySelector.call(other, "input,select,textarea,button")) return "";
      const words = textOf(other, 100);
      if (words) return words.length > 80 ? "" : words;
    }
  }
  return "";
}

// What tells this element from others of the same name: headers, legend, or the rest of its row or card.
function contextOf(el, role, name, twin) {
  const described = byIds(el, "aria-describedby");
  const vague = twin || name.length < 3;
  const row = (vague || FIELDS.has(role)) && closest.call(el, "tr,li,[role=row],[role=listitem],article,fieldset,[role=radiogroup],[role=group]");
  const found = [];
  if (FIELDS.has(role)) found.push(rowHeader(el));
  if (row && row !== el) {
    if (!around.has(row)) around.set(row, wordsAround(row));
    found.push(around.get(row));
  } else if (vague) found.push(neighbourhood(el, name));
  if (described) found.push(described);
  const words = cut(squash(found.filter((w) => w && w !== name).join(" · ")), 160);
  return words === name ? "" : words;
}

// The words of the nearest ancestor that has more of them than the element itself.
function neighbourhood(el, name) {
  let node = parentNode.call(el);
  for (let up = 0; up < 4 && node && nodeType.call(node) === 1 && localName.call(node) !== "body"; up++) {
    if (!around.has(node)) around.set(node, textOf(node, 160));
    if (around.get(node).length > name.length) return around.get(node);
    node = parentNode.call(node);
  }
  return "";
}

function wordsAround(row) {
  const tag = localName.call(row);
  return (tag === "fieldset" || attr(row, "role") ? nameOf(row, tag, "group") : "") || textOf(row, 160);
}

function hintOf(el) {
  const inner = querySelector.call(el, "img,svg,i,use,span,path") || el;
  const use = querySelector.call(el, "use");
  const sources = [attr(el, "id"), attr(el, "name"), attr(el, "class"), attr(el, "data-icon"), attr(el, "data-testid")];
  if (inner !== el) sources.push(attr(inner, "id"), attr(inner, "class"), attr(inner, "data-icon"));
  sources.push((attr(inner, "src") || attr(el, "src") || "").split(/[?#]/)[0].split("/").pop().replace(/\.\w+$/, ""));
  if (use) sources.push((attr(use, "href") || attr(use, "xlink:href") || "").split("#").pop());
  const words = sources.filter((s) => s && s.length < 80).join(" ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z]+/);
  return [...new Set(words.filter((w) => w && w.length !== 2 && !GENERIC.has(w)))].slice(0, 6).join(" ");
}

// Fields whose text nobody is to read; a recorder names them.
const concealed = new WeakSet();
const conceal = (el) => void concealed.add(el);
const MASK = "••••••••";

function valueOf(el, tag) {
  if (concealed.has(el)) return MASK;
  if (tag === "input") {
    const kind = kindOf(el, tag);
    if (kind === "password") return el.value ? "••••" : "";
    if (kind === "file") return [...(el.files || [])].map((f) => f.name).join(", ");
    return TABLE.input[kind] === "button" || kind === "checkbox" || kind === "radio" || kind === "hidden" ? "" : cut(el.value || "", 1000);
  }
  if (tag === "textarea") return cut(el.value || "", 1000);
  if (tag === "select") return cut([...(el.selectedOptions || [])].slice(0, 200).map((o) => cut(squash(o.label || o.text), 300)).join(", "), 1000);
  if (tag === "progress" || tag === "meter") return String(el.value);
  const now = attr(el, "aria-valuetext") || attr(el, "aria-valuenow");
  if (now) return cut(now, 1000);
  if (ofElement(el, "isContentEditable") || tag === "body") return cut(squash(textOf(el, 1000)), 1000);
  return attr(el, "role") === "combobox" ? textOf(el, 100) : "";
}

const isOpen = (fold) => fold !== null && nodeType.call(fold) === 1 && hasAttribute.call(fold, "open");
const ARIA = [["aria-checked", "checked"], ["aria-selected", "selected"], ["aria-pressed", "pressed"], ["aria-current", "current"]];

function statesOf(el, tag, role) {
  const states = [];
  const on = (key) => attr(el, key) === "true";
  if (matches.call(el, ":disabled") || on("aria-disabled") || (anyInert && closest.call(el, "[inert],[aria-disabled=true]"))) states.push("disabled");
  for (const [key, state] of ARIA) {
    const value = attr(el, key);
    if (value === "mixed") states.push("mixed");
    else if (value && value !== "false") states.push(state);
  }
  if (tag === "input" && el.checked) states.push("checked");
  if (tag === "input" && el.indeterminate) states.push("mixed");
  if (tag === "option" && el.selected) states.push("selected");
  if ((role === "button" || role === "link") && getComputedStyle(el).pointerEvents === "none" && !on("aria-disabled")) states.push("disabled");
  const open = tag === "summary" ? String(isOpen(parentNode.call(el))) : attr(el, "aria-expanded");
  if (open === "true") states.push("expanded");
  if (open === "false") states.push("collapsed");
  const own = isForm(el) ? {} : el; // a form's fields may have these names
  if (own.readOnly || on("aria-readonly")) states.push("readonly");
  if (own.required || on("aria-required")) states.push("required");
  if (on("aria-invalid") || (isControl(tag) && tag !== "button" && matches.call(el, ":user-invalid"))) states.push("invalid");
  if (FIELDS.has(role) && (ofElement(el, "isContentEditable") || tag === "body" || tag === "textarea" || (tag === "input" && !TICKS.has(role)))) states.push("editable");
  if (own.multiple) states.push("multiple");
  if (kindOf(el, tag) === "password") states.push("password");
  if ((tag === "dialog" && matches.call(el, ":modal")) || on("aria-modal")) states.push("modal");
  return [...new Set(states)];
}
