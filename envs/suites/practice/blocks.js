// What pages are made of. A block is {block: kind, …}; blocks may hold blocks.
"use strict";

const BLOCKS = {
  form: formBlock,
  list: listBlock,
  words: (b) => h("section.words", {}, b.heading ? h(b.head || "h2", {}, b.heading) : null, b.lines.map((line) => h("p", {}, line))),
  facts: (b) => h("section.box", {}, b.heading ? h("h2", {}, b.heading) : null, factsOf(b)),
  table: (b) => h("section.box", {}, h("table.list", {}, b.caption ? h("caption", {}, b.caption) : null, h("thead", {}, h("tr", {}, b.columns.map((c) => h("th", {}, c)))), h("tbody", {}, b.rows.map((r) => h("tr", {}, r.map((c) => h("td", {}, c))))))),
  links: (b) => h("section.box", {}, b.heading ? h("h2", {}, b.heading) : null, h(`div.${b.look || "tiles"}`, {}, b.links.map(([label, page, text]) => h("div.tile", {}, leading(label, page, b.how), text ? h("p", {}, text) : null)))),
  acts: actsBlock,
  tabs: tabsBlock,
  folds: foldsBlock,
  opens: (b) => h("section.box", {}, b.text ? h("p", {}, b.text) : null, pressable(b.label, () => openForm(b), b.how)),
  frame: (b) => h("section.box", {}, h("iframe", { src: `${address(b.page)}&bare=1`, title: b.title, height: b.height || 420 })),
  shadow: shadowBlock,
  menus: menusBlock,
  asks: asksBlock,
  picture: (b) => h("div.picture.wide", { style: `background:${b.colours}`, role: b.alt ? "img" : null, "aria-label": b.alt }),
  room: (b) => h("div", { style: `height:${b.height}px` }),
};

const blockOf = (b) => BLOCKS[b.block](b);

function factsOf(b) {
  if (b.look === "lines") return b.facts.map(([name, value]) => h("p", {}, `${name}: ${value}`));
  if (b.look === "table") return h("table.fields", {}, h("tbody", {}, b.facts.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value)))));
  return h("dl", {}, b.facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

// Buttons that concern one item of a list that is shown elsewhere: an open mail, a product's own page.
function actsBlock(b) {
  const node = h("div.acts", {});
  const draw = () => node.replaceChildren(...b.actions.map((a) => actionOf(b, b.item, a, draw)).flat(9));
  draw();
  return node;
}

function tabsBlock(b) {
  const panels = b.tabs.map((t) => h("div.panel", { role: "tabpanel", hidden: true }, t.blocks.map(blockOf)));
  const show = (n) => {
    panels.forEach((p, i) => (p.hidden = i !== n));
    heads.forEach((t, i) => t.setAttribute(b.how === "tab" ? "aria-selected" : "aria-current", String(i === n)));
  };
  const heads = b.tabs.map((t, i) => (b.how === "tab" ? h("button.tab", { type: "button", role: "tab", onclick: () => show(i) }, t.label) : pressable(t.label, () => show(i), b.how)));
  show(b.first || 0);
  return h("section.box", {}, h("div.tabs", b.how === "tab" ? { role: "tablist" } : {}, heads), panels);
}

function foldsBlock(b) {
  const native = (f) => h("details.fold", {}, h("summary", {}, f.label), f.blocks.map(blockOf));
  const made = (f) => {
    const inner = h("div.panel", { hidden: true }, f.blocks.map(blockOf));
    const head = h("button.opener", { type: "button", "aria-expanded": "false" }, f.label);
    head.addEventListener("click", () => {
      inner.hidden = !inner.hidden;
      head.setAttribute("aria-expanded", String(!inner.hidden));
    });
    return h("div.fold", {}, head, inner);
  };
  return h("section.box", {}, b.folds.map(b.native ? native : made));
}

// A dialog in front of the page; returns what shuts it.
function dialog(title, nodes, cancel) {
  const shut = () => veil.remove();
  const inner = h("div.dialog", { role: "dialog", "aria-modal": "true", "aria-label": title }, h("h2", {}, title), nodes, cancel ? pressable(cancel, shut) : pressable("Close", shut, "icon"));
  const veil = h("div.veil", {}, inner);
  document.body.append(veil);
  return shut;
}

function openForm(b) {
  let shut = null;
  const form = formBlock({ ...b.form, closes: () => (shut(), tell(b.form.told)) });
  shut = dialog(b.title, [form], b.cancel);
}

function tell(words) {
  document.querySelector(".toast")?.remove();
  document.querySelector("main").prepend(h("div.told.toast", { role: "status" }, words));
}

function shadowBlock(b) {
  const host = h("site-part", {});
  const root = host.attachShadow({ mode: b.closed ? "closed" : "open" });
  root.append(h("link", { rel: "stylesheet", href: "site.css" }), h("div.inner", {}, b.blocks.map(blockOf)));
  return host;
}

// A bar of menus, some with menus of their own; what was chosen last is kept under "menu.<key>".
function menusBlock(b) {
  const told = h("p.told", { role: "status" });
  const show = () => {
    const now = kept(`menu.${b.key}`);
    told.textContent = now ? `${b.told}: ${now.join(" › ")}` : "";
    told.hidden = !now;
  };
  const entry = (item, path) => {
    const [label, inner] = Array.isArray(item) ? item : [item, null];
    if (!inner) {
      const take = () => {
        keep(`menu.${b.key}`, [...path, label]);
        bar.querySelectorAll(".popup").forEach((p) => (p.hidden = true));
        show();
      };
      return h("div.option", { role: b.role ? "menuitem" : null, onclick: take }, label);
    }
    const popup = h(path.length ? "div.popup.side" : "div.popup", { role: b.role ? "menu" : null, hidden: true }, inner.map((i) => entry(i, [...path, label])));
    const open = (event) => {
      event.stopPropagation();
      const was = popup.hidden;
      [...head.parentNode.parentNode.querySelectorAll(".popup")].forEach((p) => p !== head.parentNode.parentNode && (p.hidden = true));
      popup.hidden = !was;
    };
    const head = h(path.length ? "div.option" : "button.opener", { type: path.length ? null : "button", role: path.length && b.role ? "menuitem" : null, "aria-haspopup": "true", onclick: open }, path.length ? `${label} ▸` : label);
    return h("div.anchor", {}, head, popup);
  };
  const bar = h("div.menus", {}, b.menus.map((m) => entry(m, [])));
  show();
  return h("section.box", {}, bar, told);
}

// A button that asks by a native dialog before it does something; kept under "asked.<key>".
function asksBlock(b) {
  const told = h("p.told", { role: "status" });
  const show = () => {
    const now = kept(`asked.${b.key}`);
    told.textContent = now === undefined ? b.before : now === true ? b.told : `${b.told} ${now}`;
  };
  const ask = () => {
    if (b.kind === "prompt") {
      const text = prompt(b.question, "");
      if (text !== null && text.trim()) keep(`asked.${b.key}`, text.trim());
    } else if (confirm(b.question)) keep(`asked.${b.key}`, true);
    show();
  };
  const node = h("section.box", {}, h("h2", {}, b.heading), told, pressable(b.label, ask, b.how));
  show();
  return node;
}
