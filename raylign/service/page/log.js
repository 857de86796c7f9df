// Events, newest first, in words.

import {el, put} from "./dom.js";
import {words} from "./events.js";
import {hour, moment} from "./format.js";

const MOST = 500;

export function log({history}) {
  const kinds = ["every kind", "status", "evaluation", "checkpoint", "warning", "paused", "stage", "plan", "tracker", "pushed", "end"];
  const kind = el("select", {"aria-label": "Kind of events", on: {change: () => { drawn = -1; draw(); }}}, kinds.map((one, at) => el("option", {value: at ? one : ""}, one)));
  const body = el("tbody");
  const node = el("div", {class: "card"}, el("div", {class: "row"}, el("h2", {}, "Events"), el("span", {class: "grow"}), kind),
    el("table", {class: "log"}, el("thead", {}, el("tr", {}, ["time", "kind", "what"].map((name) => el("th", {scope: "col"}, name)))), body));
  let drawn = -1;

  function draw() {
    if (drawn === history.log.length) return;
    drawn = history.log.length;
    const found = history.log.filter((event) => !kind.value || event.kind === kind.value).slice(-MOST).reverse();
    put(body, found.map((event) => el("tr", {},
      el("td", {class: "soft", title: moment(event.time)}, hour(event.time)),
      el("td", {class: {warning: "warn", end: "strong"}[event.kind] ?? "soft"}, event.kind),
      el("td", {class: "text"}, words(event)))));
  }

  return {node, draw};
}
