// What is read, written over or worked out: a code, filters with a count, a voucher; keys and conversations.
"use strict";

function codeBlock(b) {
  const box = h("input", { type: "text", id: fresh("k"), inputmode: "numeric" });
  const told = h("p.told", { role: "status", hidden: !kept(`code.${b.key}`) }, b.told);
  const send = () => {
    if (!box.value.trim()) return;
    keep(`code.${b.key}`, box.value.trim());
    told.hidden = false;
  };
  return h("section.box", {}, told, h("div.field", {}, h("label", { for: box.id }, b.label), box), pressable(b.button, send, b.press, { loud: true }));
}

function facetsBlock(b) {
  const wanted = { Colour: new Set(), Brand: new Set() };
  const limit = h("input.count", { type: "text", id: fresh("f") });
  const told = h("p", { role: "status" });
  const place = h("ul", {});
  const show = () => {
    const left = b.items.filter((i) => Object.entries(wanted).every(([name, some]) => !some.size || some.has(i.facts[name])) && i.price <= (Number(limit.value) || Infinity));
    told.textContent = b.told.replace("{}", left.length);
    place.replaceChildren(...left.map((i) => h("li", {}, `${i.title}, ${i.facts.Colour}, ${i.facts.Brand}, ${i.price} €`)));
  };
  const changed = () => b.button || show();
  const box = (name) => (value) => {
    const node = h("input", { type: "checkbox", onchange: () => (node.checked ? wanted[name].add(value) : wanted[name].delete(value), changed()) });
    return h("div.field.tick", {}, h("label", {}, node, " ", value));
  };
  limit.addEventListener("input", changed);
  const group = (name) => h("fieldset", {}, h("legend", {}, name), [...new Set(b.items.map((i) => i.facts[name]))].sort().map(box(name)));
  show();
  return h("section.box", {}, group("Colour"), group("Brand"), h("div.field", {}, h("label", { for: limit.id }, b.limit), limit), b.button ? pressable(b.button, show, b.press) : null, told, place);
}

function discountBlock(b) {
  const box = h("input", { type: "text", id: fresh("v") });
  const told = h("p.told", { role: "status" });
  const total = b.lines.reduce((sum, [, price]) => sum + price, 0);
  const show = (off) => (told.textContent = `${b.told}: ${total - off} €`);
  const use = () => (box.value.trim().toLowerCase() === b.code.toLowerCase() ? show(b.off) : (told.textContent = b.wrong));
  show(0);
  const lines = h("table.fields", {}, h("tbody", {}, b.lines.map(([what, price]) => h("tr", {}, h("th", { scope: "row" }, what), h("td", {}, `${price} €`)))));
  return h("section.box", {}, lines, h("div.field", {}, h("label", { for: box.id }, b.label), box), pressable(b.button, use, b.press), told);
}

const keyed = (label, press) => h("button.press", { type: "button", onclick: press }, label);

function keypadBlock(b) {
  const display = h("input", { type: "text", readonly: true, id: fresh("d") });
  const told = h("p.told", { role: "status", hidden: !kept(`keypad.${b.key}`) }, b.told.replace("{}", kept(`keypad.${b.key}`)));
  const send = () => {
    if (!display.value) return;
    keep(`keypad.${b.key}`, display.value);
    told.textContent = b.told.replace("{}", display.value);
    told.hidden = false;
  };
  const digit = (n) => keyed(n, () => (display.value += n));
  const rows = (b.phone ? ["123", "456", "789"] : ["789", "456", "123"]).map((row) => h("div.buttons", {}, [...row].map(digit)));
  const last = h("div.buttons", {}, digit("0"), keyed(b.clear, () => (display.value = "")), pressable(b.button, send, b.press, { loud: true }));
  return h("section.box", {}, told, h("div.field", {}, h("label", { for: display.id }, b.label), display), rows, last);
}

function calculatorBlock(b) {
  const display = h("input", { type: "text", readonly: true, id: fresh("d") });
  const told = h("output.told", { hidden: true });
  const work = () => {
    const parts = display.value.match(/^(\d+)([+−×])(\d+)$/);
    if (!parts) return void ((told.hidden = false), (told.textContent = "Error"));
    const [one, other] = [Number(parts[1]), Number(parts[3])];
    told.textContent = `= ${{ "+": one + other, "−": one - other, "×": one * other }[parts[2]]}`;
    told.hidden = false;
  };
  const key = (k) => keyed(k, () => ((display.value += k), (told.hidden = true), (told.textContent = "")));
  const rows = ["789+", "456−", "123×"].map((row) => h("div.buttons", {}, [...row].map(key)));
  const last = h("div.buttons", {}, key("0"), keyed(b.clear, () => ((display.value = ""), (told.hidden = true), (told.textContent = ""))), keyed("=", work));
  return h("section.box", {}, h("div.field", {}, h("label", { for: display.id }, b.label), display), told, rows, last);
}

function chatBlock(b) {
  const key = `chat.${b.key}`;
  let with_ = "";
  const thread = h("div.card", {}, h("p.none", {}, b.none));
  const open = (name) => {
    with_ = name;
    const mine = (kept(key) || {})[name] || [];
    const box = h("input", { type: "text", id: fresh("t"), placeholder: b.label, "aria-label": b.label });
    const send = () => {
      if (!box.value.trim()) return;
      const all = kept(key) || {};
      keep(key, { ...all, [with_]: [...(all[with_] || []), box.value.trim()] });
      open(with_);
    };
    const lines = [...b.said[name].map((words) => `${name.split(" ")[0]}: ${words}`), ...mine.map((words) => `You: ${words}`)];
    thread.replaceChildren(h("h2", {}, b.heading.replace("{}", name)), ...lines.map((words) => h("p", {}, words)), h("form.tool", { onsubmit: (e) => (e.preventDefault(), send()) }, box, pressable(b.button, send, b.press)));
  };
  return h("section.box", {}, h("div.buttons", {}, b.people.map((name) => pressable(name, () => open(name), b.how))), thread);
}

Object.assign(BLOCKS, { code: codeBlock, facets: facetsBlock, discount: discountBlock, keypad: keypadBlock, calculator: calculatorBlock, chat: chatBlock });
