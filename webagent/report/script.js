"use strict";
// Conveniences only: everything on the page can be read without them.

// Pointing at a candidate or at a row of the tree frames that element on the step's screen.
document.addEventListener("mouseover", (event) => {
  const row = event.target.closest("[data-box]");
  document.querySelectorAll(".hovered").forEach((mark) => mark.remove());
  const overlay = row && row.closest(".card").querySelector(".overlay");
  if (!overlay) return;
  const [x, y, width, height] = row.dataset.box.split(",");
  const mark = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ x, y, width, height, rx: 2 })) mark.setAttribute(name, value);
  mark.setAttribute("class", "hovered");
  overlay.append(mark);
});

// A click on a screen shows it across the whole card, a second one puts it back.
document.addEventListener("click", (event) => {
  const screen = event.target.closest(".screen");
  if (screen) screen.closest(".columns").classList.toggle("large");
});

// A click on a step beside the video goes to its moment; while the video runs, the step that is on is marked.
for (const film of document.querySelectorAll(".filmed")) {
  const player = film.querySelector("video");
  const steps = [...film.querySelectorAll("[data-at]")];
  if (!player) continue;
  for (const step of steps) step.addEventListener("click", () => (player.currentTime = Number(step.dataset.at)));
  player.addEventListener("timeupdate", () => {
    const past = steps.filter((step) => Number(step.dataset.at) <= player.currentTime + 0.05);
    const now = past[past.length - 1];
    for (const step of steps) step.removeAttribute("aria-current");
    if (!now) return;
    now.setAttribute("aria-current", "step");
    now.closest("ol").scrollTop = now.offsetTop - 120;
  });
}

// A click on a column's head sorts by it; a second click turns the order round.
function sortBy(table, column, head) {
  const down = head.getAttribute("aria-sort") !== "descending";
  table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (row) => {
    const cell = row.children[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };
  const order = (a, b) => (typeof a === "number" ? b - a : b < a ? -1 : b > a ? 1 : 0);
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => (down ? 1 : -1) * order(key(a), key(b)));
  body.append(...rows);
}
for (const table of document.querySelectorAll("table.sortable")) {
  [...table.querySelectorAll("thead th")].forEach((head, column) => {
    head.tabIndex = 0;
    head.addEventListener("click", () => sortBy(table, column, head));
    head.addEventListener("keydown", (event) => event.key === "Enter" && sortBy(table, column, head));
  });
}

// Typing into the field hides the tasks that do not match.
for (const field of document.querySelectorAll(".find")) {
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of field.closest(".card").querySelectorAll("tbody tr")) {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    }
  });
}

// A link to a folded episode opens it.
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") {
    target.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", openTarget);
openTarget();
