"use strict";
// Builds a page of about as many elements as ?nodes=N asks for (default 3000): articles in wrappers, cards, tables, forms,
// lists of links and icons, in turn. A generator with a fixed start makes it the same page every time.
let state = 12345;
const random = (below) => (state = (state * 1103515245 + 12345) % 2147483648) % below;
const WORDS = "harbour boat rope lantern tide sail anchor quay gull storm chart compass deck mast wave island fog bell net oar".split(" ");
const words = (count) => Array.from({ length: count }, () => WORDS[random(WORDS.length)]).join(" ");
const times = (count, make) => Array.from({ length: count }, (_, i) => make(i)).join("");

const SECTIONS = [
  () => `<section><div class="wrap"><div><article><header><h2>${words(3)}</h2><p><span>By <a href="#${words(1)}">${words(2)}</a></span></p></header>
    ${times(4, () => `<p>${words(20)} <a href="#${words(1)}">${words(2)}</a> ${words(10)} <b>${words(1)}</b> ${words(8)}</p>`)}</article></div></div></section>`,
  () => `<section><div class="cards">${times(8, () => `<div class="card"><div class="in"><h3><a href="#${words(1)}">${words(2)}</a></h3><div><div><span>${words(6)}</span></div></div>
    <div class="row"><button><svg width="14" height="14" viewBox="0 0 14 14"><path d="M7 1v12M1 7h12" stroke="#000"></path></svg><span>${words(1)}</span></button> <span class="act">${words(1)}</span></div></div></div>`)}</div></section>`,
  () => `<section><table><thead><tr>${times(5, () => `<th>${words(1)}</th>`)}</tr></thead><tbody>${times(10, () => `<tr>${times(4, () => `<td>${words(2)}</td>`)}<td><a href="#${words(1)}">${words(1)}</a></td></tr>`)}</tbody></table></section>`,
  (n) => `<section><form onsubmit="return false">${times(5, (i) => `<div class="field"><label for="f${n}-${i}">${words(2)}</label><div class="box"><input id="f${n}-${i}" placeholder="${words(2)}"></div></div>`)}
    <label><input type="checkbox"> ${words(3)}</label> <select>${times(6, () => `<option>${words(1)}</option>`)}</select> <button>${words(2)}</button></form></section>`,
  () => `<section><nav><ul>${times(15, () => `<li><div><a href="#${words(1)}"><i class="icon"></i><span>${words(2)}</span></a></div></li>`)}</ul></nav></section>`,
  () => `<section hidden><div><p>${words(12)}</p><button>${words(1)}</button></div></section>`,
];

function build(nodes) {
  const root = document.createElement("main");
  const all = root.getElementsByTagName("*");
  let left = nodes - document.getElementsByTagName("*").length - 1;
  for (let n = 0; left > 0; n++) {
    const before = all.length;
    root.insertAdjacentHTML("beforeend", SECTIONS[n % SECTIONS.length](n));
    left -= all.length - before;
  }
  for (; left < 0; left++) {
    // Leaves come off the end until the number is met exactly.
    let last = root;
    while (last.lastElementChild) last = last.lastElementChild;
    last.remove();
  }
  root.addEventListener("click", (event) => {
    if (event.target.className === "act") document.title = event.target.textContent;
  });
  document.body.append(root);
}

build(Math.max(100, Number(new URLSearchParams(location.search).get("nodes")) || 3000));
