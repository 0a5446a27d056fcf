// More fields than one can type in: chips with a filter, a month with arrows that stays open.
"use strict";

function tagsField(f, changed) {
  let value = [...(f.value || [])];
  const chips = h("div.chips", {});
  const box = h("input", { type: "text", autocomplete: "off", placeholder: f.how === "for" ? f.hintWords : null });
  const list = h("div.popup", { role: "listbox", hidden: true });
  const draw = () => {
    chips.replaceChildren(...value.map((o) => h("span.chip", {}, o, h("button.icon", { type: "button", "aria-label": `Remove ${o}`, onclick: () => take(value.filter((v) => v !== o)) }, "×"))));
  };
  const take = (now) => {
    value = now;
    box.value = "";
    list.hidden = true;
    draw();
    changed();
  };
  const offer = () => {
    const typed = box.value.trim().toLowerCase();
    const found = f.options.filter((o) => !value.includes(o) && o.toLowerCase().includes(typed)).slice(0, 6);
    list.replaceChildren(...found.map((o) => h("div.option", { role: "option", onclick: () => take([...value, o]) }, o)));
    list.hidden = !found.length;
  };
  box.addEventListener("input", offer);
  box.addEventListener("click", offer);
  draw();
  const set = (v) => ((value = [...(v || [])]), draw());
  return { box, node: h("div", {}, chips, h("div.anchor", {}, box, list)), get: () => [...value].sort(), set };
}

// A month that stays open, its days cells of a table; `words`: what turns it.
function daysField(f, changed) {
  const [year, month] = (f.value || f.from).split("-").map(Number);
  let shown = new Date(Date.UTC(year, month - 1, 1));
  const box = h("input", { type: "text", readonly: true, value: f.value ?? "" });
  const place = h("div.sheet", {});
  const day = (n) => new Date(Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth(), n));
  const turn = (n) => {
    shown = new Date(Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth() + n, 1));
    draw();
  };
  const take = (d) => {
    box.value = d.toISOString().slice(0, 10);
    draw();
    changed();
  };
  const cell = (n) => {
    const d = day(n);
    if (d.getUTCMonth() !== shown.getUTCMonth()) return h("td.away", {});
    const on = d.toISOString().slice(0, 10) === box.value;
    return h("td", { role: "gridcell", "aria-selected": on ? "true" : null, tabindex: -1, onclick: () => take(d) }, String(d.getUTCDate()));
  };
  const draw = () => {
    const first = 1 - ((shown.getUTCDay() + (f.sunday ? 0 : 6)) % 7);
    const weeks = [0, 1, 2, 3, 4, 5].map((w) => h("tr", {}, [0, 1, 2, 3, 4, 5, 6].map((n) => cell(first + 7 * w + n))));
    const [less, more] = f.words;
    const head = h("div.month", {}, pressable(less, () => turn(-1), f.press), h("strong", {}, `${MONTHS[shown.getUTCMonth()]} ${shown.getUTCFullYear()}`), pressable(more, () => turn(1), f.press));
    place.replaceChildren(head, h("table", { role: "grid", "aria-label": "Days" }, h("tbody", {}, weeks)));
  };
  draw();
  return { box, node: h("div", {}, box, place), get: () => box.value, set: (v) => ((box.value = v), draw()) };
}
