// The page around the blocks: head, ways, sides, foot, the cookie question. One page of the site an address.
"use strict";

function linkTo([label, page]) {
  return h("a", { href: address(page), "aria-current": page === here ? "page" : null }, label, page === spec.counter?.page ? h("span.badge", {}, counted()) : null);
}

function counted() {
  const all = Object.values(kept(`list.${spec.counter.key}`) || {});
  const sum = all.reduce((n, one) => n + (Number(one[spec.counter.name]) || 0), 0);
  return sum ? ` (${sum})` : "";
}

function navigation() {
  const { kind, links, label } = spec.nav;
  if (kind === "burger") {
    const list = h("div.popup.ways", { hidden: true }, links.map(linkTo));
    const opener = h("button.opener", { type: "button", "aria-expanded": "false", "aria-label": label }, "☰ ", label);
    opener.addEventListener("click", () => {
      list.hidden = !list.hidden;
      opener.setAttribute("aria-expanded", String(!list.hidden));
    });
    return h("nav.burger.anchor", {}, opener, list);
  }
  return h(`nav.${kind}`, { "aria-label": label }, kind === "list" ? h("ul", {}, links.map((l) => h("li", {}, linkTo(l)))) : links.map(linkTo));
}

function cookies() {
  const c = spec.cookies;
  if (!c || kept("cookies")) return null;
  const choose = (what) => {
    keep("cookies", what);
    banner.remove();
  };
  const banner = h(`div.cookies.${c.look}`, { role: c.role }, h("p", {}, c.text), h("div.buttons", {}, c.choices.map(([label, what]) => pressable(label, () => choose(what), c.how))));
  return banner;
}

function page() {
  const p = spec.pages[here];
  if (!p) return [h("h1", {}, "This page does not exist"), leading("Back to the start page", "home")];
  const crumbs = p.under ? h("div.crumbs", {}, leading(p.under[0], p.under[1]), " › ", p.heading) : null;
  return [crumbs, p.heading ? h(p.head || "h1", {}, p.heading) : null, p.blocks.map(blockOf), p.back ? leading(p.back[0], p.back[1]) : null];
}

function wrapped(node, depth) {
  return depth > 0 ? h("div.layer", {}, wrapped(node, depth - 1)) : node;
}

function build() {
  if (!spec) return;
  const { style } = spec;
  document.title = spec.pages[here] ? `${spec.pages[here].title} – ${spec.brand}` : spec.brand;
  for (const [name, value] of Object.entries(style.vars)) document.documentElement.style.setProperty(`--${name}`, value);
  const main = h("main", {}, page());
  if (asked.has("bare")) return void (document.body.classList.add("bare"), document.body.append(main));
  document.body.classList.add(...style.classes);
  const mark = h("a.brand", { href: address("home") }, spec.brand);
  const aside = spec.aside ? h("aside", {}, spec.aside.map(blockOf)) : null;
  const top = h(style.plain ? "div.top" : "header.top", {}, spec.strip ? h("div.strip", {}, spec.strip) : null, h("div.bar", {}, mark, navigation()));
  const foot = spec.foot ? h(style.plain ? "div.foot" : "footer.foot", {}, spec.foot.map((part) => h("div", {}, part.heading ? h("strong", {}, part.heading) : null, (part.links || []).map(linkTo), part.text ? h("p", {}, part.text) : null))) : null;
  const middle = style.asideFirst ? [aside, main] : [main, aside];
  document.body.append(wrapped(h("div.page", {}, top, h("div.middle", {}, middle), foot), style.depth), cookies() || "");
  document.addEventListener("kept", () => document.querySelectorAll(".badge").forEach((b) => (b.textContent = counted())));
  popOver();
}

// What opened over the page closes again by Escape, or by a click beside it.
function fold(event) {
  const path = event.composedPath();
  for (const popup of document.querySelectorAll(".popup:not([hidden])")) {
    if (path.includes(popup.parentNode)) continue;
    popup.hidden = true;
    const opener = popup.previousElementSibling;
    if (opener?.hasAttribute("aria-expanded")) opener.setAttribute("aria-expanded", "false");
  }
}

document.addEventListener("click", fold);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelector(".veil")?.remove();
  fold(new Event("escape"));
});

build();
