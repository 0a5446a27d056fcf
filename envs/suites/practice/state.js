// What the visitor did, and how elements are made. The site's description is put into localStorage before the first page
// loads ("site"); what is done there is kept beside it ("state"), as differences from how the site began.
"use strict";

const spec = JSON.parse(localStorage.getItem("site") || "null");
const asked = new URLSearchParams(location.search);
const here = asked.get("page") || "home";

const whole = () => JSON.parse(localStorage.getItem("state") || "{}");
const kept = (key) => whole()[key];

function keep(key, value) {
  const state = whole();
  if (value === undefined) delete state[key];
  else state[key] = value;
  localStorage.setItem("state", JSON.stringify(state));
  document.dispatchEvent(new Event("kept"));
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const address = (page) => `site.html?page=${page}`;
const go = (page) => location.assign(address(page));

let numbers = 0;
const fresh = (word) => `${word}-${++numbers}`;

// h("a.big", {href: "…", onclick: f}, "text", node, [nodes], null)
function h(what, attributes, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((c) => c !== null && c !== undefined && c !== ""));
  return node;
}

const ICONS = { "‹": /^previous/i, "›": /^next/i, "×": /remove|delete|close|discard|take out|cancel|no|maybe/i, "♥": /like|love|favou?rite|save|heart/i, "✎": /edit|change|rename/i, "＋": /add|plus|more|increase/i, "−": /less|fewer|minus|decrease/i, "↩": /reply|answer|back/i, "★": /star|flag/i };
const iconOf = (label) => (Object.entries(ICONS).find(([, words]) => words.test(label)) || ["●"])[0];

// Something to press, as sites make it: how = button, link, div, role, input or icon.
function pressable(label, press, how = "button", more = {}) {
  const act = (event) => {
    event.preventDefault();
    event.stopPropagation();
    press(event);
  };
  const { loud, ...rest } = more;
  const look = loud ? ".press.loud" : ".press";
  if (how === "link") return h(`a${look}`, { href: "#", role: "button", onclick: act, ...rest }, label);
  if (how === "div") return h(`div${look}`, { onclick: act, ...rest }, label);
  if (how === "role") return h(`span${look}`, { role: "button", tabindex: 0, onclick: act, ...rest }, label);
  if (how === "input") return h(`input${look}`, { type: "button", value: label, onclick: act, ...rest });
  if (how === "icon") return h("button.icon", { type: "button", "aria-label": label, title: label, onclick: act, ...rest }, iconOf(label));
  return h(`button${look}`, { type: "button", onclick: act, ...rest }, label);
}

// A way to another page: how = link, new (a tab of its own), button or div.
function leading(label, page, how = "link") {
  if (how === "button" || how === "div") return pressable(label, () => go(page), how);
  return h("a.way", { href: address(page), target: how === "new" ? "_blank" : null }, label);
}
