"use strict";
// Three custom elements: a quantity stepper and a star rating (open shadow roots), a save button (closed shadow root).
const BUTTON_CSS = `button { font: 600 1rem/1 system-ui, "Liberation Sans", sans-serif; cursor: pointer; background: #fff; color: #1f6280;
  border: 1px solid #a9c0c8; border-radius: 9px; } button:hover { background: #e6f0f1; }
  button:focus-visible { outline: 3px solid #f0a37f; outline-offset: 2px; }`;

class QuantityStepper extends HTMLElement {
  constructor() {
    super();
    this.value = 1;
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = `<style>${BUTTON_CSS} div { display: inline-flex; align-items: center; gap: 6px; } button { width: 42px; height: 42px; font-size: 1.2rem; }
      output { min-width: 40px; text-align: center; font: 600 1.1rem system-ui, "Liberation Sans", sans-serif; }</style>
      <div role="group" aria-label="Quantity"><button aria-label="One less">−</button><output>1</output><button aria-label="One more">+</button></div>`;
    const [less, more] = root.querySelectorAll("button");
    less.addEventListener("click", () => this.step(-1));
    more.addEventListener("click", () => this.step(1));
  }
  step(by) {
    this.value = Math.min(20, Math.max(1, this.value + by));
    this.shadowRoot.querySelector("output").textContent = this.value;
  }
}

class StarRating extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    this.value = 0;
  }
  connectedCallback() {
    this.value = Number(this.getAttribute("value")) || 0;
    this.show();
  }
  show() {
    const stars = [1, 2, 3, 4, 5].map((n) => `<button role="radio" aria-checked="${n === this.value}" aria-label="${n} star${n > 1 ? "s" : ""}">
      <svg width="30" height="30" viewBox="0 0 24 24"><path fill="${n <= this.value ? "#e09a26" : "#d5dcdc"}"
      d="M12 2l3 6.6 7 .8-5.2 4.8 1.4 7L12 17.7 5.8 21.200l1.4-7L2 9.400l7-.8z"/></svg></button>`);
    this.shadowRoot.innerHTML = `<style>${BUTTON_CSS} button { background: none; border: 0; padding: 3px; }</style>
      <div role="radiogroup" aria-label="Your rating">${stars.join("")}</div>`;
    this.shadowRoot.querySelectorAll("button").forEach((button, i) => button.addEventListener("click", () => this.choose(i + 1)));
  }
  choose(value) {
    this.value = value;
    this.show();
    this.dispatchEvent(new CustomEvent("rated", { detail: value }));
  }
}

class SaveButton extends HTMLElement {
  #root = this.attachShadow({ mode: "closed" });
  connectedCallback() {
    this.show();
  }
  show() {
    const saved = store.get("saved", []).includes(this.getAttribute("product"));
    this.#root.innerHTML = `<style>${BUTTON_CSS} button { padding: 11px 18px; }</style>
      <button aria-pressed="${saved}">${saved ? "♥ Saved" : "♡ Save for later"}</button>`;
    this.#root.querySelector("button").addEventListener("click", () => this.toggle());
  }
  toggle() {
    const id = this.getAttribute("product");
    const saved = store.get("saved", []);
    store.set("saved", saved.includes(id) ? saved.filter((other) => other !== id) : [...saved, id]);
    this.show();
  }
}

customElements.define("quantity-stepper", QuantityStepper);
customElements.define("star-rating", StarRating);
customElements.define("save-button", SaveButton);
