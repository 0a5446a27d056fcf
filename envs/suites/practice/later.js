// Pages that change by themselves: results that take their time, buttons that must be waited for, what comes up in front.
"use strict";

// A button whose result comes after a while: on the page, or as a note that goes again.
function lateBlock(b) {
  const place = h("div", { "aria-live": "polite" });
  let timer = 0;
  const ask = () => {
    clearTimeout(timer);
    place.replaceChildren(h("p.hint", {}, b.busy));
    timer = setTimeout(() => {
      place.replaceChildren(h("p.told", { role: "status" }, b.told));
      if (b.goes) timer = setTimeout(() => place.replaceChildren(), b.goes);
    }, b.after);
  };
  return h("section.box", {}, b.text ? h("p", {}, b.text) : null, pressable(b.label, ask, b.how, { loud: true }), place);
}

// A button that can be pressed only after some seconds; pressed is kept under "waited.<key>".
function countdownBlock(b) {
  let left = b.seconds;
  const button = h("button.press.loud", { type: "button", disabled: true }, b.label);
  const note = h("p.hint", {});
  const told = h("p.told", { role: "status", hidden: !kept(`waited.${b.key}`) }, b.told);
  button.addEventListener("click", () => (keep(`waited.${b.key}`, true), (told.hidden = false)));
  const tick = () => {
    note.textContent = left > 0 ? b.note.replace("{}", left) : b.ready;
    button.disabled = left > 0;
    if (left-- > 0) setTimeout(tick, 1000);
  };
  tick();
  return h("section.box", {}, h("p", {}, b.text), note, button, told);
}

// Blocks that are there only after a while.
function soonBlock(b) {
  const node = h("div", {}, h("p.hint", { role: "status" }, b.busy));
  setTimeout(() => node.replaceChildren(...b.blocks.map(blockOf)), b.after);
  return node;
}

// A dialog that nobody asked for, once.
function popOver() {
  const p = spec.popover;
  if (!p || asked.has("bare") || localStorage.getItem("popover")) return;
  setTimeout(() => {
    if (document.querySelector(".veil")) return;
    const shut = () => (localStorage.setItem("popover", "shut"), veil.remove());
    const inner = h("div.dialog", { role: "dialog", "aria-modal": "true", "aria-label": p.title }, p.cross ? h("div.cross", {}, pressable(p.close, shut, "icon")) : null, h("h2", {}, p.title), h("p", {}, p.text), h("div.buttons", {}, pressable(p.offer, () => (keep("offer", true), shut()), "button", { loud: true }), p.cross ? null : pressable(p.close, shut, p.how)));
    const veil = h("div.veil", {}, inner);
    document.body.append(veil);
  }, p.after);
}

BLOCKS.late = lateBlock;
BLOCKS.countdown = countdownBlock;
BLOCKS.soon = soonBlock;
