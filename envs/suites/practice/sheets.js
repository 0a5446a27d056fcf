// Tables that do something: rows to select for one command ("bulk.<key>"), heads that sort; a converter of units.
"use strict";

function bulkBlock(b) {
  const key = `bulk.${b.key}`;
  const chosen = new Set();
  const told = h("p.told", { role: "status", hidden: true });
  const place = h("div", {});
  const act = (a) => {
    const ids = b.items.filter((i) => chosen.has(i.id)).map((i) => i.id);
    keep(key, { ...(kept(key) || {}), ...Object.fromEntries(ids.map((id) => [id, a.name])) });
    told.textContent = a.told.replace("{}", ids.length);
    told.hidden = false;
    chosen.clear();
    draw();
  };
  const box = (label, on, change) => {
    const node = h("input", { type: "checkbox", "aria-label": label, onchange: () => (change(node.checked), draw()) });
    node.checked = on;
    return node;
  };
  const draw = () => {
    const items = b.items.filter((i) => !(kept(key) || {})[i.id]);
    const all = box(b.all, items.length > 0 && chosen.size === items.length, (on) => items.forEach((i) => (on ? chosen.add(i.id) : chosen.delete(i.id))));
    const one = (i) => box(b.select.replace("{}", i.title), chosen.has(i.id), (on) => (on ? chosen.add(i.id) : chosen.delete(i.id)));
    const bar = h("div.buttons", {}, h("span.hint", {}, `${chosen.size} selected`), b.actions.map((a) => h("button.press", { type: "button", disabled: !chosen.size, onclick: () => act(a) }, a.label)));
    const head = h("tr", {}, h("th", {}, all), h("th", {}, b.titled), b.items[0].facts.map(([name]) => h("th", {}, name)));
    const rows = items.map((i) => h("tr", {}, h("td", {}, one(i)), h("td", {}, i.title), i.facts.map(([, value]) => h("td", {}, value))));
    const table = h("table.list", {}, h("thead", {}, head), h("tbody", {}, rows));
    place.replaceChildren(...(b.below ? [table, bar] : [bar, table]));
  };
  draw();
  return h("section.box", {}, told, place);
}

// A table over several pages whose heads sort it.
function sheetBlock(b) {
  const view = { by: -1, down: false, page: 0 };
  const place = h("div", {});
  const sort = (n) => {
    view.down = view.by === n ? !view.down : b.downFirst;
    view.by = n;
    view.page = 0;
    draw();
  };
  const value = (row) => (b.amounts.includes(view.by) ? Number(row[view.by]) : row[view.by]);
  const draw = () => {
    const rows = [...b.rows];
    if (view.by >= 0) rows.sort((x, y) => (value(x) < value(y) ? -1 : value(x) > value(y) ? 1 : 0) * (view.down ? -1 : 1));
    const pages = Math.ceil(rows.length / b.per);
    const arrow = (n) => (view.by === n ? (view.down ? " ▼" : " ▲") : "");
    const head = b.columns.map((c, n) => h("th", { "aria-sort": view.by === n ? (view.down ? "descending" : "ascending") : "none" }, b.button ? h("button.head", { type: "button", onclick: () => sort(n) }, c + arrow(n)) : h("span.head", { onclick: () => sort(n) }, c + arrow(n))));
    const body = rows.slice(view.page * b.per, (view.page + 1) * b.per).map((r) => h("tr", {}, r.map((c) => h("td", {}, c))));
    place.replaceChildren(h("table.list", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)), pages > 1 ? pager(b, view.page, pages, (n) => ((view.page = n), draw())) : "");
  };
  draw();
  return h("section.box", {}, place);
}

function convertBlock(b) {
  const amount = h("input", { type: "number", value: b.begun, id: fresh("c") });
  const list = (begun) => {
    const node = h("select", { id: fresh("c") }, b.units.map((u) => h("option", {}, u)));
    node.value = begun;
    return node;
  };
  const [from, to] = [list(b.from), list(b.to)];
  const told = h("output.told", { hidden: true });
  const show = () => {
    const straight = b.rates[`${from.value} ${to.value}`];
    const back = b.rates[`${to.value} ${from.value}`];
    const rate = from.value === to.value ? 1 : straight || (back ? 1 / back : NaN);
    told.hidden = false;
    told.textContent = isNaN(rate) ? "This cannot be converted" : `${amount.value} ${from.value} = ${parseFloat((Number(amount.value) * rate).toFixed(3))} ${to.value}`;
  };
  if (!b.button) [amount, from, to].forEach((node) => node.addEventListener("input", show));
  const field = (label, node) => h("div.field", {}, h("label", { for: node.id }, label), node);
  const [first, second, third] = b.labels;
  return h("section.box", {}, field(first, amount), field(second, from), field(third, to), b.button ? pressable(b.button, show, b.press, { loud: true }) : null, told);
}

// A price that is worked out while one chooses.
function estimateBlock(b) {
  const told = h("output.told", {});
  const size = h("select", { id: fresh("e") }, b.sizes.map(([name, price]) => h("option", { value: price }, name)));
  const many = h("input.count", { type: "number", min: 1, max: 50, value: 1, id: fresh("e") });
  const extras = b.extras.map(([name, price]) => [name, h("input", { type: "checkbox", value: price })]);
  const show = () => {
    const one = Number(size.value) + extras.reduce((sum, [, box]) => sum + (box.checked ? Number(box.value) : 0), 0);
    told.textContent = `${b.told}: ${one * (Number(many.value) || 0)} euros`;
  };
  [size, many, ...extras.map(([, box]) => box)].forEach((node) => !b.button && node.addEventListener("input", show));
  const field = (label, node) => h("div.field", {}, h("label", { for: node.id }, label), node);
  const ticks = extras.map(([name, box]) => h("div.field.tick", {}, h("label", {}, box, " ", name)));
  if (!b.button) show();
  return h("section.box", {}, field(b.labels[0], size), field(b.labels[1], many), ticks, b.button ? pressable(b.button, show, b.press, { loud: true }) : null, told);
}

BLOCKS.estimate = estimateBlock;
BLOCKS.bulk = bulkBlock;
BLOCKS.sheet = sheetBlock;
BLOCKS.convert = convertBlock;
