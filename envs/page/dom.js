// The browser's own members of nodes, taken from their prototypes: a form may have fields named "children" or
// "parentNode", and a document images named "title", which hide the real ones on that form and that document.
// First of the files that share this scope; the others reach nodes through these.

const getterOf = (proto, key) => Object.getOwnPropertyDescriptor(proto, key).get;
const firstChild = getterOf(Node.prototype, "firstChild");
const nextSibling = getterOf(Node.prototype, "nextSibling");
const previousSibling = getterOf(Node.prototype, "previousSibling");
const parentNode = getterOf(Node.prototype, "parentNode");
const nodeType = getterOf(Node.prototype, "nodeType");
const nodeValue = getterOf(Node.prototype, "nodeValue");
const textContent = getterOf(Node.prototype, "textContent");
const isConnected = getterOf(Node.prototype, "isConnected");
const localName = getterOf(Element.prototype, "localName");
const shadowRoot = getterOf(Element.prototype, "shadowRoot");
const firstElementChild = getterOf(Element.prototype, "firstElementChild");
const clientWidth = getterOf(Element.prototype, "clientWidth");
const clientHeight = getterOf(Element.prototype, "clientHeight");
const scrollWidth = getterOf(Element.prototype, "scrollWidth");
const scrollHeight = getterOf(Element.prototype, "scrollHeight");
const scrollLeft = getterOf(Element.prototype, "scrollLeft");
const scrollTop = getterOf(Element.prototype, "scrollTop");
const { getRootNode } = Node.prototype;
const { getAttribute, hasAttribute, closest, matches, querySelector, querySelectorAll, checkVisibility, getAttributeNames, getClientRects, scrollIntoView } = Element.prototype;
const getRect = Element.prototype.getBoundingClientRect;

// A member of a document, of this or another frame.
const ofDocument = (doc, key) => Reflect.get(Document.prototype, key, doc);
const inDocument = (doc, key, ...args) => Document.prototype[key].apply(doc, args);
const documentOf = (node) => Reflect.get(Node.prototype, "ownerDocument", node) || node;
const windowOf = (node) => ofDocument(documentOf(node), "defaultView");
const frameAround = (node) => windowOf(node)?.frameElement || null;

// A member of an element that not every kind of element has.
const isForm = (el) => localName.call(el) === "form" && Object.prototype.toString.call(el) === "[object HTMLFormElement]";
const ofElement = (el, key) => (isForm(el) ? Reflect.get(HTMLFormElement.prototype, key, el) : el[key]);

function* kidsOf(node) {
  for (let child = firstChild.call(node); child; child = nextSibling.call(child)) yield child;
}

// About how many characters the protocol needs to describe all in `top`, frames included; without end for drawings
// whose parts are made of parts that are made of others.
const outerHTML = getterOf(Element.prototype, "outerHTML");
function weightOf(top, depth = 0) {
  const el = nodeType.call(top) === 9 ? ofDocument(top, "documentElement") : top;
  if (el === null || nodeType.call(el) !== 1) return 0;
  let weight = outerHTML.call(el).length;
  for (const use of querySelectorAll.call(el, "use")) weight += usedWeight(use);
  for (const frame of querySelectorAll.call(el, "iframe,frame")) {
    const inner = depth < 10 && frame.contentDocument;
    if (inner) weight += weightOf(inner, depth + 1);
  }
  return weight;
}

function usedWeight(use) {
  const id = (getAttribute.call(use, "href") || getAttribute.call(use, "xlink:href") || "").slice(1);
  const part = id && inDocument(documentOf(use), "getElementById", id);
  if (!part) return 0;
  return querySelector.call(part, "use") ? Infinity : 200 * querySelectorAll.call(part, "*").length;
}

const HEAVY = 2000000;
const isLight = (top) => weightOf(top) <= HEAVY;
const lightDocument = () => (isLight(document) ? document : null);

// No numbers and numbers without end come from transforms of the page; a box is where it is said to be, within reason.
const FAR = 1e9;
const finite = (v) => (v > -FAR && v < FAR ? v : v >= FAR ? FAR : v <= -FAR ? -FAR : 0);

// [x, y, most x, most y] of what scrolls in an element
const scrollsOf = (el) => [scrollLeft.call(el), scrollTop.call(el), scrollWidth.call(el) - clientWidth.call(el), scrollHeight.call(el) - clientHeight.call(el)].map((v) => finite(Math.round(v)));

// Text of the page as any reader can take it: no half of a pair.
const wellFormed = (key, value) => (typeof value === "string" ? value.toWellFormed() : value);
function toJson(answer) {
  const text = JSON.stringify(answer);
  return text.includes("\\ud") ? JSON.stringify(answer, wellFormed) : text;
}
