// Things that are pressed in: seats, hours, colours; tables of boxes; lists side by side. What was sent is kept under
// "<block>.<key>".
"use strict";

const toggled = (label, on, press, more = {}) => h("button.press", { type: "button", "aria-pressed": String(on), onclick: press, ...more }, more["aria-label"] ? "" : label);

// Draws again on every press and puts the focus back where it was.
function redrawn(make) {
  const place = h("div", {});
  const draw = () => {
    const all = [...place.querySelectorAll("button, select, input")];
    const at = all.indexOf(document.activeElement);
    place.replaceChildren(...[make(draw)].flat(9).filter(Boolean));
    if (at >= 0) place.querySelectorAll("button, select, input")[at]?.focus();
  };
  draw();
  return place;
}

const noted = (words) => h("p.told", { role: "status", hidden: !words }, words || "");

function seatsBlock(b) {
  const key = `seats.${b.key}`;
  const chosen = new Set();
  const all = b.rows.flat();
  const told = noted(kept(key) && b.told.replace("{}", kept(key).join(", ")));
  const send = () => {
    if (!chosen.size) return;
    keep(key, all.filter((s) => chosen.has(s)));
    told.textContent = b.told.replace("{}", kept(key).join(", "));
    told.hidden = false;
  };
  const seat = (draw) => (name) => toggled(name, chosen.has(name), () => (chosen.has(name) ? chosen.delete(name) : chosen.add(name), draw()), { disabled: b.taken.includes(name) });
  const plan = redrawn((draw) => b.rows.map((row) => h("div.buttons", {}, row.map(seat(draw)))));
  return h("section.box", {}, told, b.front ? h("p.hint", {}, b.front) : null, plan, pressable(b.button, send, b.press, { loud: true }));
}

function slotsBlock(b) {
  const key = `slots.${b.key}`;
  let chosen = "";
  const told = noted(kept(key) && b.told.replace("{}", kept(key)));
  const send = () => {
    if (!chosen) return;
    keep(key, chosen);
    told.textContent = b.told.replace("{}", chosen);
    told.hidden = false;
  };
  const plan = redrawn((draw) => b.days.map(([day, times]) => h("div.card", {}, h(b.head, {}, day), h("div.buttons", {}, times.map((time) => toggled(time, chosen === `${day}, ${time}`, () => ((chosen = `${day}, ${time}`), draw())))))));
  return h("section.box", {}, told, plan, pressable(b.button, send, b.press, { loud: true }));
}

function matrixBlock(b) {
  const key = `matrix.${b.key}`;
  const now = Object.fromEntries(b.rows.map((row) => [row, new Set((kept(key) || {})[row] || b.begun[row])]));
  const told = noted("");
  const box = (row, column) => {
    const label = b.label.replace("{row}", row).replace("{column}", column);
    const node = h("input", { type: "checkbox", "aria-label": label, onchange: () => (node.checked ? now[row].add(column) : now[row].delete(column)) });
    node.checked = now[row].has(column);
    return node;
  };
  const save = () => {
    const all = b.rows.map((row) => [row, b.columns.filter((c) => now[row].has(c))]);
    const changed = all.filter(([row, columns]) => !same(columns, b.begun[row]));
    keep(key, changed.length ? Object.fromEntries(changed) : undefined);
    told.textContent = b.told;
    told.hidden = false;
  };
  const head = h("tr", {}, [b.corner, ...b.columns].map((c) => h("th", {}, c)));
  const rows = b.rows.map((row) => h("tr", {}, h("td", {}, row), b.columns.map((c) => h("td", {}, box(row, c)))));
  return h("section.box", {}, told, h("table.list", {}, h("thead", {}, head), h("tbody", {}, rows)), pressable(b.button, save, b.press, { loud: true }));
}

function transferBlock(b) {
  const key = `transfer.${b.key}`;
  const chosen = new Set();
  const inside = () => kept(key) || b.begun;
  const move = (to, draw) => {
    const right = new Set(inside());
    chosen.forEach((item) => (to ? right.add(item) : right.delete(item)));
    const after = b.items.filter((item) => right.has(item));
    keep(key, same(after, b.begun) ? undefined : after);
    chosen.clear();
    draw();
  };
  const option = (draw) => (item) => h("div.option", { role: "option", "aria-selected": String(chosen.has(item)), onclick: () => (chosen.has(item) ? chosen.delete(item) : chosen.add(item), draw()) }, item);
  const list = (title, items, draw) => h("div.card", {}, h("h3", {}, title), h("div", { role: "listbox", "aria-label": `${title}:`, "aria-multiselectable": "true" }, items.map(option(draw))));
  const plan = redrawn((draw) => {
    const right = inside();
    return h("div.cards", {}, list(b.titles[0], b.items.filter((i) => !right.includes(i)), draw), h("div.buttons", {}, pressable(b.labels[0], () => move(true, draw), b.press), pressable(b.labels[1], () => move(false, draw), b.press)), list(b.titles[1], right, draw));
  });
  return h("section.box", {}, plan);
}

function variantBlock(b) {
  const key = `variant.${b.key}`;
  const now = { colour: "", size: b.listed ? b.sizes[0] : "" };
  const words = ([colour, size]) => b.told.replace("{colour}", colour).replace("{size}", size);
  const told = noted(kept(key) && words(kept(key)));
  const send = () => {
    if (!now.colour || !now.size) return void ((told.textContent = "Please choose first."), (told.hidden = false));
    keep(key, [now.colour, now.size]);
    told.textContent = words(kept(key));
    told.hidden = false;
  };
  const one = (what, draw) => (value) => toggled(value, now[what] === value, () => ((now[what] = value), draw()), what === "colour" && b.painted ? { "aria-label": value, title: value, style: `background:${value.toLowerCase()}; min-width:2em; min-height:1.6em` } : {});
  const size = () => {
    const box = h("select", { "aria-label": b.labels[1], onchange: () => (now.size = box.value) }, b.sizes.map((s) => h("option", {}, s)));
    box.value = now.size;
    return box;
  };
  const plan = redrawn((draw) => [h("p", {}, b.labels[0]), h("div.buttons", {}, b.colours.map(one("colour", draw))), h("p", {}, b.labels[1]), h("div.buttons", {}, b.listed ? size() : b.sizes.map(one("size", draw)))]);
  return h("section.box", {}, told, h("p", {}, b.price), plan, pressable(b.button, send, b.press, { loud: true }));
}

Object.assign(BLOCKS, { seats: seatsBlock, slots: slotsBlock, matrix: matrixBlock, transfer: transferBlock, variant: variantBlock });
