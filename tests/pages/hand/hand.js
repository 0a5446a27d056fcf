// What the test site does, and where the pointer is, so that a driver outside can find its way.
addEventListener("mousemove", (e) => {
  if (!window.found) fetch(`/where?x=${e.clientX}&y=${e.clientY}`);
  window.found = true;
});
addEventListener("DOMContentLoaded", () => {
  const byId = (id) => document.getElementById(id);
  const told = byId("told");
  if (!told) return;
  const tell = (words) => (told.textContent += words + "; ");
  byId("plain").onclick = () => tell("plain");
  byId("twice").ondblclick = () => tell("twice");
  byId("ctx").oncontextmenu = (e) => (e.preventDefault(), tell("context"));
  byId("listener").addEventListener("click", () => tell("listener"));
  byId("keys").onkeydown = (e) => (e.preventDefault(), byId("keys").textContent = e.key === "ArrowDown" ? "Large" : e.key);
  byId("tip").onmouseenter = () => {
    const tip = document.createElement("p");
    tip.textContent = "A tip appears";
    tip.style.cssText = "left: 1000px; top: 330px";
    document.body.append(tip);
  };
  byId("native").ondragstart = (e) => e.dataTransfer.setData("text/plain", "card");
  byId("slot").ondragover = (e) => e.preventDefault();
  byId("slot").ondrop = (e) => (e.preventDefault(), (byId("slot").textContent = "Filled"));
  byId("free").onpointerdown = (e) => byId("free").setPointerCapture(e.pointerId);
  byId("free").onpointerup = (e) => e.clientX > 820 && (byId("goal").textContent = "Reached");
  byId("search").onkeydown = (e) => void (e.key === "Enter" && tell("searched"));
  byId("canvas").onclick = (e) => tell(`canvas ${e.offsetX} ${e.offsetY}`);
  byId("circle").onclick = () => tell("circle");
  byId("rect").onclick = () => tell("rect");
  byId("alert").onclick = () => alert("Hello there");
  byId("confirm").onclick = () => tell(`confirmed ${confirm("Are you sure?")}`);
  byId("prompt").onclick = () => tell(`name ${prompt("Your name?", "")}`);
  byId("held").onclick = (e) => tell(`held ${e.ctrlKey}`);
  byId("late").onclick = () => setTimeout(() => {
    const late = Object.assign(document.createElement("button"), { textContent: "Late button" });
    late.style.cssText = "left: 1000px; top: 150px; width: 140px; height: 34px";
    late.onclick = () => tell("late");
    document.body.append(late);
  }, 200);
  byId("vanish").onpointerdown = () => (byId("vanish").remove(), tell("vanished"));
  addEventListener("keydown", (e) => e.ctrlKey && e.key === "k" && (e.preventDefault(), tell("shortcut")));
  const part = (host, mode) => {
    const root = byId(host).attachShadow({ mode });
    root.innerHTML = `<button style="width:140px;height:34px">In ${mode} root</button>` + (mode === "closed" ? `<input aria-label="Closed field" style="position:absolute;left:160px;width:140px;height:34px;box-sizing:border-box">` : "");
    root.querySelector("button").onclick = () => tell(mode);
  };
  part("open", "open");
  part("closed", "closed");
  byId("other").src = `http://localhost:${location.port}/inner.html?other`;
});
