// Single fields of forms. A field is {node, get, set, box}: what is shown, its value, putting one in, what is labelled.
"use strict";

const TEXTS = ["text", "email", "tel", "url", "number", "password", "search", "date", "time", "month"];

function textField(f) {
  const attributes = { type: f.type, name: f.key, value: f.value ?? "", placeholder: f.placeholder, min: f.min, max: f.max, step: f.step, autocomplete: "off" };
  const box = f.type === "textarea" ? h("textarea", { name: f.key, rows: 3, value: f.value ?? "", placeholder: f.placeholder }) : h("input", attributes);
  return { box, node: box, get: () => box.value.trim(), set: (v) => (box.value = v) };
}

function selectField(f) {
  const blank = f.blank ? [h("option", { value: "" }, f.blank)] : [];
  const box = h("select", { name: f.key }, blank, f.options.map((o) => h("option", { value: o }, o)));
  box.value = f.value ?? (f.blank ? "" : f.options[0]);
  return { box, node: box, get: () => box.value, set: (v) => (box.value = v) };
}

// A list made of divs: a button that shows the choice, and options that open below it.
function listField(f, changed) {
  let value = f.value ?? "";
  const opener = h("button.opener", { type: "button", "aria-haspopup": "listbox", "aria-expanded": "false" });
  const list = h("div.popup", { role: "listbox", hidden: true });
  const show = () => {
    opener.textContent = value || f.blank || "Choose…";
    opener.setAttribute("aria-label", `${f.label}: ${opener.textContent}`);
  };
  const fold = (open) => {
    list.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
  };
  for (const o of f.options) {
    const choose = () => {
      value = o;
      show();
      fold(false);
      changed();
    };
    list.append(h("div.option", { role: "option", onclick: choose }, o));
  }
  opener.addEventListener("click", () => fold(list.hidden));
  show();
  return { box: opener, node: h("div.anchor", {}, opener, list), get: () => value, set: (v) => ((value = v), show()) };
}

function tickField(f, changed) {
  if (f.look === "switch") {
    const box = h("button.switch", { type: "button", role: "switch", "aria-checked": String(Boolean(f.value)) });
    const set = (on) => box.setAttribute("aria-checked", String(Boolean(on)));
    const get = () => box.getAttribute("aria-checked") === "true";
    box.addEventListener("click", () => (set(!get()), changed()));
    return { box, node: box, get, set };
  }
  const box = h("input", { type: "checkbox", name: f.key, role: f.look === "role" ? "switch" : null });
  box.checked = Boolean(f.value);
  return { box, node: box, get: () => box.checked, set: (on) => (box.checked = on) };
}

function choiceField(f) {
  const name = fresh(f.key);
  const many = f.type === "chips";
  const chosen = (o) => (many ? (f.value || []).includes(o) : f.value === o);
  const boxes = f.options.map((o) => {
    const box = h("input", { type: many ? "checkbox" : "radio", name, value: o, id: fresh("o") });
    box.checked = chosen(o);
    return box;
  });
  const each = boxes.map((box) => {
    if (f.look === "after") return h("span.choice", {}, box, h("label", { for: box.id }, box.value));
    return h("label.choice", {}, box, " ", box.value);
  });
  const get = () => {
    const on = boxes.filter((b) => b.checked).map((b) => b.value);
    return many ? on.sort() : on[0] || "";
  };
  const set = (v) => boxes.forEach((b) => (b.checked = many ? (v || []).includes(b.value) : b.value === v));
  return { group: true, node: h(f.down ? "div.choices.down" : "div.choices", {}, each), get, set };
}

// The name of an option in a row of buttons of which one is pressed in.
function segmentField(f, changed) {
  let value = f.value ?? "";
  const show = () => parts.forEach((p) => p.setAttribute("aria-pressed", String(p.textContent === value)));
  const parts = f.options.map((o) => pressable(o, () => ((value = o), show(), changed())));
  show();
  return { group: true, node: h("div.segments", {}, parts), get: () => value, set: (v) => ((value = v), show()) };
}

function fieldOf(f, changed) {
  if (TEXTS.includes(f.type) || f.type === "textarea") return textField(f);
  if (f.type === "select") return selectField(f);
  if (f.type === "list") return listField(f, changed);
  if (f.type === "checkbox") return tickField(f, changed);
  if (f.type === "radio" || f.type === "chips") return choiceField(f);
  if (f.type === "segments") return segmentField(f, changed);
  return { stepper: stepperField, stars: starsField, range: rangeField, calendar: calendarField, auto: autoField, tags: tagsField, days: daysField }[f.type](f, changed);
}

// A field with its label, put together in one of the ways that sites know. Returns the field with `row` and `mark`.
function labelledField(f, changed) {
  const field = fieldOf(f, changed);
  const star = f.required && f.star ? " *" : "";
  const mark = h("div.wrong", { role: f.alert ? "alert" : null, hidden: true });
  const hint = f.hint ? h("div.hint", {}, f.hint) : null;
  const words = f.label + star;
  const control = field.box || field.node;
  if (f.how === "cell") field.row = cellRow(f, field, words, [hint, mark]);
  else if (f.type === "checkbox") field.row = tickRow(f, field, words, mark);
  else if (field.group || f.how === "legend") field.row = h("fieldset", {}, h("legend", {}, words), field.node, hint, mark);
  else if (f.how === "wrap") field.row = h("div.field", {}, h("label", {}, h("span", {}, words), field.node), hint, mark);
  else if (f.how === "above") field.row = h("div.field", {}, h("div.label", {}, words), field.node, hint, mark);
  else if (f.how === "aria" || f.how === "placeholder") {
    if (f.type === "list") control.classList.add("wide");
    else if (f.how === "aria") control.setAttribute("aria-label", f.label);
    const inside = f.how === "placeholder" || (TEXTS.includes(f.type) && !f.placeholder);
    if (inside && f.type !== "list") control.setAttribute("placeholder", words);
    const seen = inside || f.type === "list" ? null : h("div.label", { "aria-hidden": "true" }, words);
    field.row = h("div.field", {}, seen, field.node, hint, mark);
  } else {
    control.id = fresh("f");
    field.row = h("div.field", {}, h("label", { for: control.id }, words), field.node, hint, mark);
  }
  field.mark = mark;
  return field;
}

// A row of a table: words, field, and what is wrong with it.
function cellRow(f, field, words, said) {
  if (f.type !== "checkbox") return h("tr", {}, h("td", {}, words), h("td", {}, field.node), h("td", {}, said));
  const spare = h("div", {});
  return h("tr", {}, h("td", {}), h("td", {}, tickRow({ ...f, how: "wrap" }, field, words, spare)), h("td", {}, said));
}

function tickRow(f, field, words, mark) {
  const wrapped = f.look !== "switch" && f.how !== "for";
  if (wrapped) return h("div.field.tick", {}, h("label", {}, field.node, " ", words), mark);
  field.box.id = fresh("f");
  const label = h("label", { for: field.box.id }, words);
  return h("div.field.tick", {}, f.look === "switch" ? [label, field.node] : [field.node, label], mark);
}
