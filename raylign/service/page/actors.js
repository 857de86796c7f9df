// Actors and where they run, as Ray tells them.

import {get} from "./api.js";
import {ended} from "./actions.js";
import {el, outside, put, scrolls} from "./dom.js";
import {gib} from "./format.js";

const LOOK_MS = 5000;

export function actors({path, job, history, signal}) {
  const body = el("tbody");
  const told = el("p", {class: "soft small"});
  const node = el("section", {class: "card"}, el("h2", {}, "Actors"), told, scrolls("Actors",
    el("table", {}, el("thead", {}, el("tr", {}, ["actor", "state", "node", "process", "model", "CPUs", "GPUs", "memory, about"].map((name) => el("th", {scope: "col"}, name)))), body)));
  let asked = 0;
  let found = [];

  async function ask() {
    asked = Date.now();
    try {
      found = (await get(`${path}/actors`, {signal})).data;
      put(told, found.length ? "" : ended(job()) ? "Ray knows none of them any more." : "Ray has not begun them yet.");
    } catch (error) {
      if (!signal.aborted) put(told, error.message);
    }
    show();
  }

  function show() {
    const planned = new Map((history.plan?.actors ?? []).map((one) => [one.name, one]));
    const seen = new Map(found.map((one) => [one.name, one]));
    put(body, [...new Set([...planned.keys(), ...seen.keys()])].map((name) => {
      const [plan, ray] = [planned.get(name), seen.get(name)];
      return el("tr", {},
        el("th", {scope: "row", class: "mono"}, ray ? outside(ray.ray_dashboard, name) : name),
        el("td", {class: ray?.state === "ALIVE" ? "good" : ray?.state === "DEAD" ? "bad" : "soft"}, ray ? ray.state.toLowerCase() : ""),
        el("td", {class: "mono small"}, ray?.node_dashboard ? outside(ray.node_dashboard, ray.node_id.slice(0, 8)) : ""),
        el("td", {}, ray?.pid || ""), el("td", {class: "mono small text"}, plan?.model ?? ""),
        el("td", {}, plan?.cpus ?? ""), el("td", {}, plan?.gpus ?? ""), el("td", {}, plan ? gib(plan.memory_bytes) : ""));
    }));
  }

  return {node, draw: () => {
    if (asked === 0 || (!ended(job()) && Date.now() - asked > LOOK_MS)) ask();
  }};
}
