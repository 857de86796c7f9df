// Elements of plain data. Text is only ever put as text: whatever a model, a judge or a user wrote cannot be markup.

const SVG = "http://www.w3.org/2000/svg";
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text with every control, format and surrogate character replaced by one that is seen: none can reorder a line. */
export function visible(text) {
  return String(text).replace(UNSEEN, (char) => {
    if (char === "\n" || char === "\t" || char === "\u200d") return char;
    const code = char.codePointAt(0);
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : "\ufffd";
  });
}

/** An element: `el("p", {class: "soft"}, "text", el("b", {}, "more"))`. `on` holds listeners; null children are left out. */
export function el(name, {on = {}, data = {}, ...attributes} = {}, ...children) {
  return filled(document.createElement(name), attributes, on, data, children);
}

/** The same of SVG. */
export function svg(name, {on = {}, data = {}, ...attributes} = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, on, data, children);
}

function filled(node, attributes, on, data, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "href" && !/^(#|\/(?!\/))/.test(value)) throw new Error(`${value} leads elsewhere: use outside()`);
    node.setAttribute(key, value === true ? "" : visible(value));
  }
  for (const [kind, listener] of Object.entries(on)) node.addEventListener(kind, listener);
  for (const [key, value] of Object.entries(data)) node.dataset[key] = value;
  put(node, ...children);
  return node;
}

/** Replace what is in a node. */
export function put(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false)
    .map((one) => one instanceof Node ? one : document.createTextNode(visible(one))));
}

/** A link into the Ray dashboard, whose address the gateway itself tells; plain text where it is no address of the web. */
export function outside(address, ...children) {
  let url = null;
  try { url = new URL(address); } catch { /* no address */ }
  if (url === null || !["http:", "https:"].includes(url.protocol)) return el("span", {}, ...children);
  const link = el("a", {target: "_blank", rel: "noreferrer noopener", class: "out"}, ...children);
  link.href = url.href;
  return link;
}

/** A button. */
export function button(words, press, {kind = "", ...attributes} = {}) {
  return el("button", {type: "button", class: kind, ...attributes, on: {click: press}}, words);
}

/** What may be wider than its place: it is scrolled by the keyboard, too. */
export function scrolls(label, ...children) {
  return el("div", {class: "scrolls", tabindex: "0", role: "region", "aria-label": label}, ...children);
}

/** Text of a node, written only where it differs: what did not change is not read aloud again. */
export function write(node, text) {
  const shown = visible(text);
  if (node.textContent !== shown) node.textContent = shown;
}

/** Say something in passing, on the screen and to screen readers. */
export function tell(words, kind = "") {
  const place = document.getElementById("told");
  const line = el("p", {class: `toast ${kind}`}, words);
  place.append(line);
  setTimeout(() => line.remove(), kind === "bad" ? 9000 : 4000);
}
