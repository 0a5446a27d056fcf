// By which an element can be found again from outside, as Playwright's locators look for it: role and name by ARIA,
// label, placeholder, test id, a CSS path that was tried, the frames around it. Reads only; behind page.js.
(() => {
  const page = globalThis.webagent;
  if (page.signsFor) return;

  const MOST = 8; // elements of one event
  const LONG = 120; // characters
  const TEST_IDS = ["data-testid", "data-test-id", "data-test", "data-qa", "data-cy"];
  const INPUT = { button: "button", submit: "button", reset: "button", image: "button", checkbox: "checkbox", radio: "radio", range: "slider", number: "spinbutton", search: "searchbox", text: "textbox", email: "textbox", tel: "textbox", url: "textbox" };
  const TAG = { button: "button", textarea: "textbox", option: "option", h1: "heading", h2: "heading", h3: "heading", h4: "heading", h5: "heading", h6: "heading", img: "img", dialog: "dialog" };

  const INVISIBLE = /[\u200b-\u200f\u2060\ufeff]/; // readers do not agree on these

  const short = (text) => (text || "").replace(/\s+/g, " ").trim().slice(0, LONG);
  const isRoot = (n) => n && n.nodeType === 11 && !!n.host;

  // The role that any reader of the page would tell; "" where that is not certain.
  function roleOf(el) {
    if (el.closest("[aria-hidden=true]")) return "";
    const given = (el.getAttribute("role") || "").trim().toLowerCase().split(/\s+/)[0];
    if (given) return given === "none" || given === "presentation" || given === "generic" ? "" : given;
    const tag = el.localName;
    if (tag === "a") return el.hasAttribute("href") ? "link" : "";
    if (tag === "input") return el.hasAttribute("list") ? "combobox" : INPUT[el.type] || "";
    if (tag === "select") return el.multiple || el.size > 1 ? "listbox" : "combobox";
    if (tag === "img" && el.getAttribute("alt") === "") return "";
    return TAG[tag] || "";
  }

  const labelOf = (el) => el.getAttribute("aria-label") || [...(el.labels || [])].map((label) => page.wordsOf(label)).join(" ");
  const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\a ")}"`;

  // A path of tags and numbers down to an element from the nearest id; it fits nothing else in its root.
  function pathOf(el) {
    const root = el.getRootNode();
    const fits = (css) => {
      const found = root.querySelectorAll(css);
      return found.length === 1 && found[0] === el;
    };
    const parts = [];
    for (let n = el; n && n.nodeType === 1; n = n.parentElement) {
      const id = n.id && !/\d{4,}|[:]/.test(n.id) ? `#${CSS.escape(n.id)}` : "";
      if (id && fits([id, ...parts].join(" > "))) return [id, ...parts].join(" > ");
      let part = CSS.escape(n.localName);
      const like = n.parentNode ? [...n.parentNode.children].filter((other) => other.localName === n.localName) : [];
      if (like.length > 1) part += `:nth-of-type(${like.indexOf(n) + 1})`;
      parts.unshift(part);
      const name = n.getAttribute("name");
      if (n === el && name && fits(`${CSS.escape(n.localName)}[name=${quoted(name)}]`)) return `${CSS.escape(n.localName)}[name=${quoted(name)}]`;
    }
    return parts.join(" > ");
  }

  // Where a root is closed, nothing outside gets in: its host is as near as one comes.
  const isClosed = (root) => isRoot(root) && root.mode === "closed";

  function centreIn(host, el) {
    const [a, b] = [host.getBoundingClientRect(), el.getBoundingClientRect()];
    const [from, to] = [page.outward(host, a.left, a.top), page.outward(el, b.left + b.width / 2, b.top + b.height / 2)];
    return [Math.round(to[0] - from[0]), Math.round(to[1] - from[1])];
  }

  // The value of an attribute if no other element has the same; else "".
  function single(el, key) {
    const value = el.getAttribute(key) || "";
    const few = value && value.length <= LONG && el.getRootNode().querySelectorAll(`[${key}=${quoted(value)}]`).length === 1;
    return few ? value : "";
  }

  // The CSS paths of the frames around an element and of itself, from the outside in; of its host where that is closed.
  function placeOf(inner) {
    let [places, path, at] = [[], [], null];
    for (let n = inner; n; ) {
      const root = n.getRootNode();
      if (isClosed(root)) [places, path, at] = [[], [], centreIn(root.host, inner)];
      else path.unshift(pathOf(n));
      if (isRoot(root)) n = root.host;
      else {
        places.unshift(path.join(" "));
        path = [];
        n = root.defaultView && root.defaultView.frameElement;
      }
    }
    return { places, sealed: at };
  }

  const isControl = (el) => el.isContentEditable || /^(input|select|textarea)$/.test(el.localName);

  // A control that cannot be seen is used by its label.
  const seenFor = (el) => (el.localName === "input" && !el.checkVisibility({ visibilityProperty: true }) && el.labels?.[0]) || el;

  function signsOf(node) {
    const inner = node.nodeType === 1 ? node : node.parentElement;
    if (!inner) return null;
    const el = seenFor(inner);
    const testKey = TEST_IDS.find((key) => el.hasAttribute(key));
    return {
      ...placeOf(el),
      role: roleOf(el),
      name: INVISIBLE.test(el.textContent) ? "" : short(page.accessibleNameOf(el)),
      label: short(labelOf(el)),
      placeholder: single(el, "placeholder"),
      test: testKey && single(el, testKey) ? { key: testKey, value: single(el, testKey) } : null,
      text: isControl(el) || el.childElementCount || INVISIBLE.test(el.textContent) ? "" : short(page.wordsOf(el)),
      draggable: el.draggable === true,
      kind: el.localName === "input" ? el.type : el.localName,
    };
  }

  // Of the elements with these numbers that a tree lists: number -> signs.
  page.signsFor = (chain, tree) => {
    const listed = new Set(tree.rows.map((row) => row[0]));
    const found = {};
    let left = MOST;
    for (const id of chain) {
      if (!listed.has(id) || left-- <= 0) continue;
      const node = page.nodeOf(id);
      const signs = node && node.isConnected && signsOf(node);
      if (signs) found[id] = signs;
    }
    return found;
  };
  page.spokenRoleOf = roleOf;
  page.seenFor = seenFor;
  page.signsOfFrame = (id) => {
    const node = page.nodeOf(id);
    return node ? signsOf(node) : null;
  };
})();
