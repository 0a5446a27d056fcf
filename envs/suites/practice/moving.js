// Things that are moved: a list in an order of one's own ("order.<key>"), cards on a board ("board.<key>"); a tree.
"use strict";

let held = null;

// Makes a node something to drag, by the browser's own drag and drop or by the pointer alone.
function grip(node, id, how) {
  node.classList.add("grip");
  if (how === "native") {
    node.draggable = true;
    node.addEventListener("dragstart", (event) => {
      held = id;
      event.dataTransfer.setData("text/plain", id);
    });
  } else node.addEventListener("pointerdown", (event) => (event.preventDefault(), (held = id)));
  return node;
}

// Makes a node a place to drop on.
function spot(node, how, drop) {
  const take = (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (held !== null) drop(held);
    held = null;
  };
  if (how === "native") {
    node.addEventListener("dragover", (event) => event.preventDefault());
    node.addEventListener("drop", take);
  } else node.addEventListener("pointerup", take);
  return node;
}

document.addEventListener("pointerup", () => setTimeout(() => (held = null)));

// What is dropped on another takes its place.
function orderBlock(b) {
  const key = `order.${b.key}`;
  const begun = b.items.map((i) => i.id);
  const place = h(b.look === "rows" ? "div.column" : "ol.lines", {});
  const draw = () => {
    const ids = kept(key) || begun;
    const nodes = ids.map((id) => b.items.find((i) => i.id === id)).map((item, n) => {
      const node = h(b.look === "rows" ? "div.card" : "li.line", {}, b.numbers ? h("span.hint", { "aria-hidden": "true" }, `${n + 1} `) : null, item.title);
      return spot(grip(node, item.id, b.how), b.how, (id) => put(id, item.id));
    });
    place.replaceChildren(...nodes);
  };
  const put = (id, onto) => {
    const ids = kept(key) || begun;
    const at = ids.indexOf(onto);
    const rest = ids.filter((i) => i !== id);
    const now = [...rest.slice(0, at), id, ...rest.slice(at)];
    keep(key, same(now, begun) ? undefined : now);
    draw();
  };
  draw();
  return h("section.box", {}, b.text ? h("p.hint", {}, b.text) : null, place);
}

function boardBlock(b) {
  const key = `board.${b.key}`;
  const place = h("div.board", {});
  const lane = (card) => (kept(key) || {})[card.id] || card.lane;
  const put = (id, to) => {
    const all = { ...(kept(key) || {}), [id]: to };
    for (const card of b.cards) if (all[card.id] === card.lane) delete all[card.id];
    keep(key, Object.keys(all).length ? all : undefined);
    draw();
  };
  const draw = () => place.replaceChildren(...b.lanes.map((name) => {
    const cards = b.cards.filter((c) => lane(c) === name).map((c) => grip(h("div.card", {}, c.title), c.id, b.how));
    return spot(h("div.column.lane", { role: b.role, "aria-label": name, tabindex: -1 }, h("h3", {}, name), cards), b.how, (id) => put(id, name));
  }));
  draw();
  return h("section.box", {}, b.text ? h("p.hint", {}, b.text) : null, place);
}

// Groups that open, with something to choose in each; kept under "tree.<key>" as [group, leaf].
function treeBlock(b) {
  const told = h("p.told", { role: "status", hidden: true });
  const show = () => {
    const now = kept(`tree.${b.key}`);
    told.hidden = !now;
    told.textContent = now ? `${b.told}: ${now.join(" › ")}` : "";
  };
  const group = ([name, leaves]) => {
    const list = h("div.leaves", { role: b.role ? "group" : null, hidden: true }, leaves.map((leaf) => h("div.option", { role: b.role ? "treeitem" : null, onclick: () => (keep(`tree.${b.key}`, [name, leaf]), show()) }, leaf)));
    const head = b.role ? h("div.option", { role: "treeitem", tabindex: 0, "aria-expanded": "false" }, name) : h("button.opener", { type: "button", "aria-expanded": "false" }, name);
    head.addEventListener("click", () => head.setAttribute("aria-expanded", String(!(list.hidden = !list.hidden))));
    return h("div.branch", {}, head, list);
  };
  const node = h("section.box", {}, h("div.tree", { role: b.role ? "tree" : null }, b.groups.map(group)), told);
  show();
  return node;
}

BLOCKS.order = orderBlock;
BLOCKS.board = boardBlock;
BLOCKS.tree = treeBlock;
