"use strict";
// What really happened on a page: done.save is how often a trusted event reached the handler named "save".
window.done = {};
function did(name, event) {
  if (event && !event.isTrusted) return;
  window.done[name] = (window.done[name] || 0) + 1;
}
// Frames of another origin tell the top page by message.
window.addEventListener("message", (event) => {
  if (event.data && event.data.did) did(event.data.did);
});
