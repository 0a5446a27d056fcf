// Finds what locators of other tools mean (``locators.py`` puts them into parts), as those tools would. Reads only;
// behind page.js and signs.js. Looks through shadow roots, also closed ones that are known, but not into frames.
(() => {
  const page = globalThis.webagent;
  if (page.seek) return;

  const MOST = 20; // elements that are told
  const UP = 12; // elements around one that are told
  const DEAD = /^(script|style|noscript|head|template|title)$/;

  const squash = (text) => (text || "").replace(/[\s\u200b]+/g, " ").trim();
  const isElement = (n) => n.nodeType === 1;
  const rootOf = (el) => el.getRootNode();
  const outOf = (n) => n.parentElement || rootOf(n).host || null;

  function* below(top) {
    for (const child of top.children) {
      yield child;
      yield* below(child);
    }
    const inner = isElement(top) && page.shadowOf(top);
    if (inner) yield* below(inner);
  }

  function says(words, text) {
    const has = squash(text);
    if (words.pattern !== undefined) return new RegExp(words.pattern, words.flags).test(has);
    const wanted = squash(words.text);
    return words.exact ? has === wanted : has.toLowerCase().includes(wanted.toLowerCase());
  }

  // Whether a selector fits, its left part also outside of the shadow root that an element lies in.
  function fits(el, css) {
    if (el.matches(css)) return true;
    const host = rootOf(el).host;
    if (!host) return false;
    for (const cut of spaces(css)) {
      if (!el.matches(css.slice(cut + 1).trim())) continue;
      for (let n = host; n; n = outOf(n)) if (fits(n, css.slice(0, cut).trim())) return true;
    }
    return false;
  }

  // Where a selector steps to a descendant: spaces that no bracket and no other combinator is around.
  function spaces(css) {
    const found = [];
    let depth = 0;
    let quote = "";
    for (let i = 0; i < css.length; i++) {
      const c = css[i];
      if (quote) quote = c === quote && css[i - 1] !== "\\" ? "" : quote;
      else if (c === '"' || c === "'") quote = c;
      else if ("([".includes(c)) depth++;
      else if (")]".includes(c)) depth--;
      else if (c === " " && !depth && !/[>+~,]\s*$/.test(css.slice(0, i)) && !/^\s*[>+~,]/.test(css.slice(i))) found.push(i);
    }
    return found;
  }

  const seen = (el) => (el.closest("select") || el).checkVisibility({ visibilityProperty: true }); // closed lists have no boxes
  const shown = (el) => seen(el) && !el.closest("[aria-hidden=true]");
  const rolesOf = (el) => [page.spokenRoleOf(el), page.roleOf(el, el.localName)].filter(Boolean);
  const isButton = (el) => el.localName === "input" && /^(button|submit|reset)$/.test(el.type);
  const readable = (n) => (n.nodeType === 3 ? n.nodeValue : isElement(n) && !DEAD.test(n.localName) ? [...n.childNodes].map(readable).join("") : "");
  const textOf = (el) => (isButton(el) ? el.value : DEAD.test(el.localName) || el.querySelector("script,style") ? readable(el) : el.textContent);

  function labelled(el, words) {
    const root = rootOf(el);
    const by = (el.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => id && root.getElementById(id)?.textContent);
    const texts = [el.getAttribute("aria-label"), ...[...(el.labels || [])].map((label) => label.textContent), ...by];
    return texts.some((text) => text && says(words, text));
  }

  const TESTS = {
    css: (part) => (el) => fits(el, part.value),
    role: (part) => (el) => {
      const roles = rolesOf(el);
      if (part.value ? !roles.includes(part.value.toLowerCase()) : !roles.length) return false;
      return shown(el) && (!part.name || says(part.name, page.accessibleNameOf(el)));
    },
    text: (part) => (el) => says(part.words, textOf(el)) && ![...el.children].some((child) => says(part.words, textOf(child))),
    label: (part) => (el) => labelled(el, part.words),
    link: (part) => (el) => el.localName === "a" && shown(el) && says(part.words, el.textContent),
    frames: () => (el) => el.localName === "iframe" || el.localName === "frame",
  };
  for (const key of ["placeholder", "title", "alt"]) TESTS[key] = (part) => (el) => el.hasAttribute(key) && says(part.words, el.getAttribute(key));

  function byPath(path, top) {
    const inside = isElement(top) && path.startsWith("/") ? `.${path}` : path;
    const found = (top.ownerDocument || top).evaluate(inside, top, null, 7, null);
    return Array.from({ length: found.snapshotLength }, (_, i) => found.snapshotItem(i)).filter(isElement);
  }

  function step(part, tops) {
    if (part.by === "nth") return tops.slice(part.value, part.value + 1 || undefined);
    if (part.by === "filter") return tops.filter((el) => says(part.words, el.textContent));
    if (part.by === "xpath") return [...new Set(tops.flatMap((top) => byPath(part.value, top)))];
    const test = TESTS[part.by](part);
    return [...new Set(tops.flatMap((top) => [...below(top)].filter(test)))];
  }

  // Numbers of an element, its own words and those around it, from the inside out; a label is followed by what it labels.
  function chainOf(el) {
    const chain = [];
    for (let n = el, up = 0; n && up < UP; up++, n = outOf(n)) {
      chain.push(page.refOf(n));
      if (n === el) for (const child of n.childNodes) if (child.nodeType === 3) chain.push(page.refOf(child));
      if (n.localName === "label" && n.control) chain.push(page.refOf(n.control));
    }
    return chain;
  }

  // What a press on an element meets in it, `at` its corner or in its middle; [] for itself.
  function metIn(el, at) {
    const box = el.getBoundingClientRect();
    const [x, y] = at ? [box.left + at[0], box.top + at[1]] : [box.left + box.width / 2, box.top + box.height / 2];
    let met = null;
    for (let root = rootOf(el); root?.elementFromPoint; root = page.shadowOf(met)) {
      const inner = root.elementFromPoint(x, y);
      if (!inner || inner === met) break;
      met = inner;
    }
    for (let n = met; n && n !== el; n = outOf(n)) if (outOf(n) === el) return chainOf(met);
    return [];
  }

  // {"found": [{chain, met, tag, ticked}]}, {"unreadable": why} or, where a frame cannot be entered from here,
  // {"frame": its number, "rest": parts}.
  page.seek = (parts, at) => {
    let tops = [document];
    for (const [i, part] of parts.entries()) {
      if (part.by === "frame") {
        if (tops.length !== 1) return { found: [] };
        const inner = tops[0].contentDocument;
        if (!inner) return { frame: page.refOf(tops[0]), rest: parts.slice(i + 1) };
        tops = [inner];
      } else {
        try {
          tops = step(part, tops);
        } catch (error) {
          return { unreadable: String(error.message || error) };
        }
      }
    }
    const found = tops.filter(isElement);
    return { found: found.slice(0, MOST).map((el) => ({ chain: chainOf(page.seenFor(el)), met: metIn(el, at), tag: el.localName, ticked: el.checked ?? null })) };
  };
})();
