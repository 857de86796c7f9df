// The keyboard: which keys do what, everywhere and in the view that is open.

import {button, el} from "./dom.js";

const everywhere = [
  {keys: "g j", words: "all jobs", press: () => { location.hash = "#/"; }},
  {keys: "g n", words: "new job", press: () => { location.hash = "#/new"; }},
  {keys: "g d", words: "datasets", press: () => { location.hash = "#/datasets"; }},
  {keys: "g l", words: "labels", press: () => { location.hash = "#/labels"; }},
  {keys: "g m", words: "models", press: () => { location.hash = "#/models"; }},
  {keys: "?", words: "this list", press: help},
];
let here = [];
let first = "";

/** Keys of the view that is open: `[{keys: "c", words: "cancel the job", press}]`; they go with it. */
export function whileHere(signal, list) {
  here = list;
  signal.addEventListener("abort", () => { if (here === list) here = []; });
}

export function shortcuts() {
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const keys = first ? `${first} ${event.key}` : event.key;
    const found = [...here, ...everywhere].find((one) => one.keys === keys);
    const begins = [...here, ...everywhere].some((one) => one.keys.startsWith(`${keys} `));
    first = begins ? keys : "";
    if (!found) return;
    event.preventDefault();
    found.press();
  });
}

export function help() {
  const rows = [...here, ...everywhere].map(({keys, words}) =>
    el("tr", {}, el("td", {}, keys.split(" ").map((one) => el("kbd", {}, one))), el("td", {}, words)));
  ask({title: "Keyboard", body: el("table", {}, el("tbody", {}, rows)), choices: []});
}

/** A dialog; resolves to the choice that was made, or to null. `choices`: `[{name, words, kind}]`. */
export function ask({title, body, choices}) {
  return new Promise((resolve) => {
    const close = (name) => { dialog.close(); dialog.remove(); resolve(name); };
    const dialog = el("dialog", {"aria-labelledby": "dialog-title", on: {cancel: () => { dialog.remove(); resolve(null); }}},
      el("h2", {id: "dialog-title"}, title), body,
      el("div", {class: "row end"},
        button(choices.length ? "Leave it" : "Close", () => close(null), {kind: "quiet"}),
        choices.map(({name, words, kind}) => button(words, () => close(name), {kind}))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
