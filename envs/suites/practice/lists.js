// Lists of things that all have equal buttons: cards of a shop, rows of a table, posts, mails, tasks to tick.
// What was done to an item is kept under "list.<key>" as {item: {property: value}}, where it differs from the beginning.
"use strict";

const begunAs = (b, item) => ({ ...Object.fromEntries(item.facts || []), ...(item.state || {}) });
const stateOf = (b, item) => ({ ...begunAs(b, item), ...((kept(`list.${b.key}`) || {})[item.id] || {}) });

function put(b, item, change) {
  const all = kept(`list.${b.key}`) || {};
  const now = { ...stateOf(b, item), ...change };
  const begun = begunAs(b, item);
  const changed = Object.fromEntries(Object.entries(now).filter(([k, v]) => !same(v || null, begun[k] || null)));
  if (Object.keys(changed).length) all[item.id] = changed;
  else delete all[item.id];
  keep(`list.${b.key}`, Object.keys(all).length ? all : undefined);
}

// One button (or two) of an item, after the kind of thing that it does.
function actionOf(b, item, a, draw) {
  const now = stateOf(b, item);
  const set = (change) => {
    put(b, item, change);
    if (a.go) go(a.go);
    else draw();
  };
  if (a.kind === "toggle") {
    const on = Boolean(now[a.name]);
    const pressed = a.off === a.on ? { "aria-pressed": String(on) } : {};
    return pressable(on ? a.on : a.off, () => set({ [a.name]: !on }), a.how, pressed);
  }
  if (a.kind === "tick") {
    const box = h("input", { type: "checkbox", "aria-label": a.label, onchange: () => set({ [a.name]: box.checked }) });
    box.checked = Boolean(now[a.name]);
    return a.label ? box : h("label", {}, box, " ", item.title);
  }
  if (a.kind === "count") {
    const n = now[a.name] || 0;
    const note = n ? [h("span.note", {}, `${n} ${a.note}`), pressable(a.drop, () => set({ [a.name]: 0 }), a.how)] : [];
    return [pressable(a.add, () => set({ [a.name]: n + 1 }), a.how, { loud: true }), note];
  }
  if (a.kind === "number") {
    const box = h("input.count", { type: "number", min: 1, max: 20, value: now[a.name], "aria-label": a.label, oninput: () => put(b, item, { [a.name]: Number(box.value) || 0 }) });
    return box;
  }
  if (a.kind === "steps") {
    const by = (n) => set({ [a.name]: Math.max(1, now[a.name] + n) });
    return h("span.stepper", {}, pressable(a.less, () => by(-1), a.how), h("input.count", { type: "text", readonly: true, "aria-label": a.label, value: now[a.name] }), pressable(a.more, () => by(1), a.how));
  }
  if (a.kind === "stars") {
    const stars = starsField({ value: now[a.name] }, () => put(b, item, { [a.name]: Number(stars.get()) }));
    return stars.node;
  }
  if (a.kind === "gone") return pressable(a.label, () => (!a.confirm || confirm(a.confirm.replace("{}", item.title))) && set({ gone: true }), a.how);
  if (a.kind === "rename") return pressable(a.label, () => rename(item, now, a, set), a.how);
  if (a.kind === "edit") return pressable(a.label, () => edit(item, now, a, set), a.how);
  if (a.kind === "more") return more(item, a, set);
  if (a.kind === "open") return leading(a.label, item.page, a.how);
  return null;
}

// A menu of one's own behind three dots; what was chosen is told on the page.
function more(item, a, set) {
  const take = (entry) => {
    popup.hidden = true;
    tell(entry.told.replace("{}", item.title));
    set({ [entry.name]: true });
  };
  const popup = h("div.popup.left", { role: a.role ? "menu" : null, hidden: true }, a.entries.map((entry) => h("div.option", { role: a.role ? "menuitem" : null, onclick: () => take(entry) }, entry.label)));
  const opener = h("button.opener", { type: "button", "aria-haspopup": "true", "aria-expanded": "false", "aria-label": a.words ? null : a.label }, a.words ? a.label : "⋯");
  opener.addEventListener("click", () => {
    popup.hidden = !popup.hidden;
    opener.setAttribute("aria-expanded", String(!popup.hidden));
    popup.classList.remove("up");
    popup.classList.toggle("up", popup.getBoundingClientRect().bottom > innerHeight);
  });
  return h("span.anchor", {}, opener, popup);
}

function rename(item, now, a, set) {
  const text = prompt(a.question, now.title || item.title);
  if (text !== null && text.trim()) set({ title: text.trim() });
}

// A dialog with the item's facts as fields; what is saved there is shown in the row from then on.
function edit(item, now, a, set) {
  const fields = a.fields.map((f) => ({ ...f, value: factOf(item, now, f.key) }));
  const closes = (sent) => {
    shut();
    set(sent);
  };
  const form = formBlock({ ...a.form, key: "row", fields, closes: (sent) => (keep("form.row", undefined), closes(sent)) });
  const shut = dialog(a.title.replace("{}", item.title), [form], a.cancel);
}

const factOf = (item, now, name) => String(now[name] ?? (item.facts.find(([n]) => n === name) || [])[1] ?? "");

function titleOf(b, item, now) {
  const words = now.title || item.title;
  if (item.page && b.leads !== false) return leading(words, item.page, b.leads || "link");
  return words;
}

function itemNode(b, item, draw) {
  const now = stateOf(b, item);
  const ticks = b.actions.filter((a) => a.kind === "tick" && !a.label);
  const shown = b.actions.filter((a) => !ticks.includes(a)).map((a) => actionOf(b, item, a, draw));
  const title = ticks.length ? ticks.map((a) => actionOf(b, item, a, draw)) : titleOf(b, item, now);
  const facts = item.facts.map(([name]) => [name, factOf(item, now, name)]);
  if (b.look === "table") {
    return h("tr", {}, h("td", {}, title), facts.map(([, value]) => h("td", {}, value)), shown.length ? h("td.acts", {}, shown) : null);
  }
  const told = facts.map(([name, value]) => h("div.fact", {}, b.bare ? value : `${name}: ${value}`));
  const picture = item.picture ? h("div.picture", { style: `background:${item.picture}`, "aria-hidden": "true" }) : null;
  const text = item.text ? h("p", {}, item.text) : null;
  const acts = h("div.acts", {}, shown);
  if (b.look === "lines") return h("li.line", {}, h("span.title", {}, title), told, acts);
  if (b.look === "posts") return h("article.post", {}, picture, h("div.title", {}, title), text, told, acts);
  return h("div.card", {}, picture, h(b.head || "h3", {}, title), text, told, acts);
}

// Items that are shown now: searched for, filtered, sorted, of this page.
function chosen(b, view) {
  let items = b.items.filter((item) => !stateOf(b, item).gone && (!b.only || stateOf(b, item)[b.only]));
  items = items.concat((kept(`added.${b.key}`) || []).map((title) => ({ id: `+${title}`, title, facts: [] })).filter((item) => !stateOf(b, item).gone));
  const fact = (item, name) => factOf(item, stateOf(b, item), name);
  if (view.word) items = items.filter((item) => `${item.title} ${item.text || ""}`.toLowerCase().includes(view.word.toLowerCase()));
  for (const [name, value] of Object.entries(view.filters)) if (value) items = items.filter((item) => fact(item, name) === value);
  const order = (b.sorts || []).find((s) => s.label === view.sort);
  const amount = (item) => parseFloat(fact(item, order.fact).replace(/[^\d.]/g, ""));
  if (order) items = [...items].sort((x, y) => (order.down ? -1 : 1) * (order.fact ? amount(x) - amount(y) : x.title.localeCompare(y.title)));
  return items;
}

function listBlock(b) {
  const view = { word: "", filters: {}, sort: "", page: 0, most: b.more ? b.per : Infinity };
  const node = h("section.box", {});
  const place = h("div", {});
  const draw = () => {
    const items = chosen(b, view);
    const per = b.per && !b.more ? b.per : Math.min(view.most, items.length) || 1;
    const pages = b.more ? 1 : Math.max(1, Math.ceil(items.length / per));
    view.page = Math.min(view.page, pages - 1);
    const shown = items.slice(view.page * per, view.page * per + per);
    const nodes = shown.map((item) => itemNode(b, item, draw));
    const turn = (n) => ((view.page = n), draw());
    const rest = !b.more || items.length <= view.most ? null : b.endless ? endless() : pressable(b.more, () => ((view.most += b.per), draw()), b.press);
    place.replaceChildren(items.length ? framed(b, nodes) : h("p.none", {}, b.none || "Nothing here."), pages > 1 ? pager(b, view.page, pages, turn) : "", rest || "");
  };
  const endless = () => {
    const end = h("p.hint", {}, b.more);
    const seen = new IntersectionObserver((all) => {
      if (!all.some((one) => one.isIntersecting)) return;
      seen.disconnect();
      view.most += b.per;
      setTimeout(draw, b.endless);
    });
    seen.observe(end);
    return end;
  };
  node.append(...(b.heading ? [h("h2", {}, b.heading)] : []), ...tools(b, view, draw), place);
  draw();
  document.addEventListener("kept", () => b.only && draw());
  return node;
}

function framed(b, nodes) {
  if (b.look === "table") {
    const head = [b.titled, ...b.items[0].facts.map(([name]) => name), ...(b.actions.length ? [b.acting ?? ""] : [])];
    return h("table.list", {}, h("thead", {}, h("tr", {}, head.map((words) => h("th", {}, words)))), h("tbody", {}, nodes));
  }
  if (b.look === "lines") return h("ul.lines", {}, nodes);
  return h(`div.${b.look}`, {}, nodes);
}

function pager(b, page, pages, turn) {
  const step = (label, to) => pressable(label, () => turn(to), b.press, { "aria-disabled": to < 0 || to >= pages ? "true" : null });
  const [back, on] = b.turns || ["Previous", "Next"];
  const each = b.numbers ? Array.from({ length: pages }, (_, i) => pressable(String(i + 1), () => turn(i), "button", { "aria-current": i === page ? "page" : null })) : [h("span", {}, `Page ${page + 1} of ${pages}`)];
  return h("div.pager", {}, page > 0 ? step(back, page - 1) : null, each, page < pages - 1 ? step(on, page + 1) : null);
}

function tools(b, view, draw) {
  const made = [];
  const named = (label, control) => h("label.tool", {}, label, " ", control);
  if (b.search) {
    const box = h("input", { type: "search", "aria-label": b.search.label, placeholder: b.search.label });
    const find = () => ((view.word = box.value.trim()), (view.page = 0), draw());
    made.push(h("form.tool", { onsubmit: (e) => (e.preventDefault(), find()) }, box, pressable(b.search.button, find, b.press)));
  }
  for (const f of b.filters || []) {
    const box = h("select", {}, h("option", { value: "" }, f.all), f.options.map((o) => h("option", {}, o)));
    box.addEventListener("change", () => ((view.filters[f.fact] = box.value), (view.page = 0), draw()));
    made.push(named(f.label, box));
  }
  if (b.sorts) {
    const box = h("select", {}, h("option", { value: "" }, b.unsorted), b.sorts.map((s) => h("option", {}, s.label)));
    box.addEventListener("change", () => ((view.sort = box.value), draw()));
    made.push(named(b.sorting, box));
  }
  if (b.add) made.push(adding(b, draw));
  return made.length ? [h("div.tools", {}, made)] : [];
}

function adding(b, draw) {
  const box = h("input", { type: "text", "aria-label": b.add.label, placeholder: b.add.label });
  const add = () => {
    const title = box.value.trim();
    if (!title) return;
    keep(`added.${b.key}`, [...(kept(`added.${b.key}`) || []).filter((t) => t !== title), title]);
    put(b, { id: `+${title}` }, { gone: undefined });
    box.value = "";
    draw();
  };
  return h("form.tool", { onsubmit: (e) => (e.preventDefault(), add()) }, box, pressable(b.add.button, add, b.press));
}
