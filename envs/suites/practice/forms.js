// Forms: fields, what they refuse, and what comes of sending them. What was sent last is kept under "form.<key>".
"use strict";

const empty = (value) => value === "" || value === false || (Array.isArray(value) && !value.length);

function faultOf(f, value) {
  if (f.required && empty(value)) return f.complaint || `${f.label}: please fill this in`;
  if (f.pattern && value !== "" && !new RegExp(`^(?:${f.pattern})$`).test(value)) return f.complaint || `${f.label} is not valid`;
  if (f.type === "email" && value !== "" && !/^\S+@\S+\.\S+$/.test(value)) return `${f.label}: this is not an e-mail address`;
  return "";
}

function formBlock(b) {
  const key = `form.${b.key}`;
  const saved = b.keeps && kept(key);
  const told = h("div.told", { role: "status", hidden: true }, b.told || "");
  const wrong = h("div.wrong.all", { role: "alert", hidden: true });
  const changed = () => (told.hidden = !(b.told && b.keeps && kept(key) && same(values(), kept(key))));
  const fields = b.fields.map((f) => labelledField(saved ? { ...f, value: saved[f.key] } : f, changed));
  const values = () => Object.fromEntries(b.fields.map((f, i) => [f.key, fields[i].get()]));
  const first = values();

  const refuse = (faults) => {
    fields.forEach((field, i) => {
      const shown = b.complains !== "top" && faults[i];
      field.mark.hidden = !shown;
      field.mark.textContent = shown || "";
      if (field.box) field.box.toggleAttribute("aria-invalid", Boolean(faults[i]));
    });
    wrong.hidden = b.complains !== "top" || !faults.some(Boolean);
    wrong.textContent = faults.filter(Boolean).join(". ");
    return faults.some(Boolean);
  };

  const send = () => {
    const sent = values();
    if (refuse(b.fields.map((f, i) => faultOf(f, sent[f.key])))) return;
    if (b.check && Object.entries(b.check).some(([k, v]) => sent[k] !== v)) {
      wrong.textContent = b.refusal;
      wrong.hidden = false;
      b.fields.forEach((f, i) => f.type === "password" && fields[i].set(""));
      return;
    }
    if (b.confirm && !confirm(b.confirm)) return;
    const begun = b.keeps && b.fields.every((f) => f.value !== undefined && same(sent[f.key], f.value));
    keep(key, begun ? undefined : sent);
    if (b.go) return go(b.go);
    if (b.closes) return b.closes(sent);
    if (b.keeps) return changed();
    node.replaceChildren(thanks(sent));
  };
  const thanks = (sent) => {
    const rows = b.summary ? h("dl", {}, b.fields.filter((f) => f.type !== "password").map((f) => [h("dt", {}, f.label), h("dd", {}, String(sent[f.key]))])) : null;
    return h("div.told", { role: "status" }, h("p", {}, b.told), rows, b.again ? pressable(b.again, () => node.replaceWith(formBlock(b)), "link") : null);
  };

  const buttons = h("div.buttons", {}, sendButton(b, send), (b.others || []).map((label) => pressable(label, () => fields.forEach((f, i) => f.set(first[b.fields[i].key])), b.press || "button")));
  const inTable = b.fields.some((f) => f.how === "cell");
  const rows = fields.map((f) => f.row);
  const body = inTable ? h("table.fields", {}, h("tbody", {}, rows)) : h(b.grid ? "div.grid2" : "div", {}, rows);
  const heading = b.heading ? h("h2", {}, b.heading) : null;
  const form = h(b.bare ? "div.form" : "form.form", { novalidate: true, onsubmit: (e) => (e.preventDefault(), send()) }, heading, b.text ? h("p", {}, b.text) : null, wrong, body, buttons, told);
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  const node = h("section.box", {}, form);
  if (b.keeps && kept(key)) changed();
  return node;
}

function sendButton(b, send) {
  if (b.press === "input" && !b.bare) return h("input.press.loud", { type: "submit", value: b.submit });
  if ((b.press || "button") === "button" && !b.bare) return h("button.press.loud", { type: "submit" }, b.submit);
  return pressable(b.submit, send, b.press, { loud: true });
}
