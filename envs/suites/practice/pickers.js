// Fields that are more than a box to type in: steps up and down, stars, sliders, calendars, suggestions.
"use strict";

function stepperField(f, changed) {
  const low = f.min ?? 0;
  const high = f.max ?? 20;
  const box = h("input.count", { type: "text", readonly: true, value: String(f.value ?? low) });
  const by = (n) => {
    box.value = String(Math.min(high, Math.max(low, Number(box.value) + n)));
    changed();
  };
  const [less, more] = f.words || ["−", "+"];
  const node = h("div.stepper", {}, pressable(less, () => by(-1), f.press), box, pressable(more, () => by(1), f.press));
  return { box, node, get: () => box.value, set: (v) => (box.value = v) };
}

function starsField(f, changed) {
  let value = Number(f.value) || 0;
  const show = () =>
    stars.forEach((star, i) => {
      star.textContent = i < value ? "★" : "☆";
      star.setAttribute("aria-pressed", String(i + 1 === value));
    });
  const rate = (n) => {
    value = n;
    show();
    changed();
  };
  const stars = [1, 2, 3, 4, 5].map((n) => h("button.star", { type: "button", "aria-label": `${n} ${n > 1 ? "stars" : "star"}`, onclick: () => rate(n) }));
  show();
  const set = (v) => {
    value = Number(v) || 0;
    show();
  };
  return { group: true, node: h("div.stars", {}, stars), get: () => (value ? String(value) : ""), set };
}

function rangeField(f, changed) {
  const box = h("input", { type: "range", min: f.min, max: f.max, step: f.step || 1 });
  box.value = f.value ?? f.min;
  const told = h("output", {}, box.value);
  box.addEventListener("input", () => ((told.textContent = box.value), changed()));
  return { box, node: h("div.range", {}, box, told), get: () => box.value, set: (v) => ((box.value = v), (told.textContent = box.value)) };
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

// A field that opens a month; days are buttons.
function calendarField(f, changed) {
  const [year, month] = (f.value || f.from).split("-").map(Number);
  let shown = new Date(Date.UTC(year, month - 1, 1));
  const box = h("input", { type: "text", readonly: true, value: f.value ?? "", placeholder: ["for", "aria"].includes(f.how) ? "choose a day" : null });
  const popup = h("div.popup.calendar", { hidden: true, role: "dialog", "aria-label": "Calendar" });
  const turn = (n) => {
    shown = new Date(Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth() + n, 1));
    draw();
  };
  const take = (day) => {
    box.value = new Date(Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth(), day)).toISOString().slice(0, 10);
    popup.hidden = true;
    changed();
  };
  const draw = () => {
    const first = (shown.getUTCDay() + 6) % 7;
    const days = new Date(Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth() + 1, 0)).getUTCDate();
    const cells = Array.from({ length: days }, (_, i) => h("button.day", { type: "button", onclick: () => take(i + 1) }, String(i + 1)));
    const blanks = Array.from({ length: first }, () => h("span"));
    const head = h("div.month", {}, pressable("Previous month", () => turn(-1), "icon"), h("strong", {}, `${MONTHS[shown.getUTCMonth()]} ${shown.getUTCFullYear()}`), pressable("Next month", () => turn(1), "icon"));
    popup.replaceChildren(head, h("div.days", {}, blanks, cells));
  };
  draw();
  box.addEventListener("click", () => (popup.hidden = !popup.hidden));
  return { box, node: h("div.anchor", {}, box, popup), get: () => box.value, set: (v) => (box.value = v) };
}

// A text field that suggests while one types; only what is on its list counts.
function autoField(f, changed) {
  const box = h("input", { type: "text", value: f.value ?? "", placeholder: f.placeholder, autocomplete: "off" });
  const list = h("div.popup", { role: f.look === "plain" ? null : "listbox", hidden: true });
  const take = (o) => {
    box.value = o;
    list.hidden = true;
    changed();
  };
  box.addEventListener("input", () => {
    const typed = box.value.trim().toLowerCase();
    const found = typed.length < 2 ? [] : f.options.filter((o) => o.toLowerCase().includes(typed)).slice(0, 6);
    list.replaceChildren(...found.map((o) => h("div.option", { role: f.look === "plain" ? null : "option", onclick: () => take(o) }, o)));
    list.hidden = !found.length;
  });
  return { box, node: h("div.anchor", {}, box, list), get: () => (f.options.includes(box.value.trim()) ? box.value.trim() : ""), set: (v) => (box.value = v) };
}
