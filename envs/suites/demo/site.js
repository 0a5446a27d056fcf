"use strict";
// Header, footer, storage and the few helpers that every page of the shop uses.
const store = {
  get(key, otherwise) {
    const text = localStorage.getItem("harbour." + key);
    return text === null ? otherwise : JSON.parse(text);
  },
  set(key, value) {
    localStorage.setItem("harbour." + key, JSON.stringify(value));
    showCounts();
  },
};
const visit = {
  get: (key, otherwise) => JSON.parse(sessionStorage.getItem("harbour." + key) ?? "null") ?? otherwise,
  set: (key, value) => sessionStorage.setItem("harbour." + key, JSON.stringify(value)),
  drop: (key) => sessionStorage.removeItem("harbour." + key),
};

const $ = (selector, root = document) => root.querySelector(selector);
const euro = (amount) => "€" + amount.toFixed(2);
const query = (name) => new URLSearchParams(location.search).get(name);

function escapeText(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}

function showCounts() {
  const cart = store.get("cart", []).reduce((sum, line) => sum + line.count, 0);
  const saved = store.get("saved", []).length;
  for (const [id, count] of [["cart-count", cart], ["saved-count", saved]]) {
    const pill = document.getElementById(id);
    if (!pill) continue;
    pill.textContent = count;
    pill.classList.toggle("zero", count === 0);
  }
}

const LOGO = `<svg width="34" height="34" viewBox="0 0 34 34" aria-hidden="true"><circle cx="17" cy="17" r="17" fill="#0f3447"/>
<path d="M17 6v19M11 12h12M7 19c1 6 5 8 10 8s9-2 10-8" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/>
<circle cx="17" cy="7" r="2.6" fill="#c94f22"/></svg>`;

function showHeader() {
  const here = location.pathname.split("/").pop() || "index.html";
  const link = (page, text) => `<a href="${page}"${page === here ? ' aria-current="page"' : ""}>${text}</a>`;
  const who = visit.get("user", null);
  document.body.insertAdjacentHTML("afterbegin", `<header class="top"><div class="row">
    <a class="brand" href="index.html">${LOGO}Harbour Goods</a>
    <nav aria-label="Main">${link("shop.html", "Shop")}${link("workshops.html", "Workshops")}${link("delivery.html", "Delivery")}
      ${link("help.html", "Help")}${link("contact.html", "Contact")}</nav>
    <nav class="side" aria-label="Yours">${who ? link("account.html", "Account") : link("login.html", "Account")}
      ${link("saved.html", 'Saved <span class="pill zero" id="saved-count">0</span>')}
      ${link("cart.html", 'Cart <span class="pill zero" id="cart-count">0</span>')}</nav></div></header>`);
  showCounts();
}

function showFooter() {
  document.body.insertAdjacentHTML("beforeend", `<footer class="bottom"><div class="row">
    <span>Harbour Goods, 1 West Quay. A shop that exists for practice only.</span>
    <a href="tides.html" target="_blank">Tide table</a><a href="orders.html">Orders</a><a href="settings.html">Settings</a></div></footer>`);
}

function productCard(product) {
  return `<a class="card" href="product.html?id=${product.id}"><span class="art">${drawing(product.id)}</span><span class="text">
    <span class="name">${product.name}</span><span>${euro(product.price)}</span>
    ${product.stock ? "" : '<span class="sold">Sold out</span>'}</span></a>`;
}

function addToCart(id, count, size) {
  const cart = store.get("cart", []);
  const line = cart.find((l) => l.id === id && l.size === size);
  if (line) line.count += count;
  else cart.push({ id, count, size });
  store.set("cart", cart);
}

const cartLines = () => store.get("cart", []).map((line) => ({ ...line, product: PRODUCTS.find((p) => p.id === line.id) }));
const cartTotal = () => cartLines().reduce((sum, line) => sum + line.count * line.product.price, 0);

// The fields of a form as a plain object: checkboxes as true or false, the rest as trimmed text.
function fieldsOf(form) {
  const fields = {};
  for (const control of form.elements) {
    if (!control.name) continue;
    if (control.type === "checkbox") fields[control.name] = control.checked;
    else if (control.type !== "radio") fields[control.name] = control.value.trim();
    else if (control.checked) fields[control.name] = control.value;
  }
  return fields;
}

// Calls `then(fields)` when the form is sent and every field is valid.
function onSend(form, then) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    then(fieldsOf(form));
  });
}

showHeader();
document.addEventListener("DOMContentLoaded", showFooter);
