// Models that a job may begin with: the operator's, and what one's own jobs have made.

import {get} from "./api.js";
import {el, put, scrolls, write} from "./dom.js";
import {moment} from "./format.js";

export async function models(node, _, signal) {
  document.title = "Models · raylign";
  const found = (await get("/v1/models", {signal})).data;
  const names = new Map();
  const empty = el("p", {class: "soft"});
  put(node, el("h1", {}, "Models"),
    el("p", {class: "soft small"}, "A job names one as its policy, its reference, or what a judge asks: ", el("code", {}, "policy: {model: model://NAME}"), "."),
    el("div", {class: "card"}, scrolls("Models", el("table", {}, el("thead", {}, el("tr", {}, ["name", "whose", "made", ""].map((word) => word ? el("th", {scope: "col"}, word) : el("td")))),
      el("tbody", {}, found.map((model) => {
        const title = el("span", {class: "soft small"});
        names.set(model.id, title);
        const made = model.owned_by !== "operator";
        return el("tr", {},
          el("th", {scope: "row", class: "mono"}, made ? el("a", {href: `#/jobs/${encodeURIComponent(model.id)}`}, model.id) : model.id, " ", title),
          el("td", {}, model.owned_by), el("td", {class: "soft"}, made ? moment(model.created) : ""),
          el("td", {class: "number"}, el("a", {href: `#/new/from/${encodeURIComponent(model.id)}`, "aria-label": `New job from ${model.id}`}, "New job from it")));
      })))), empty));
  write(empty, found.length ? "" : "None yet: a job that succeeds makes one.");
  const jobs = (await get("/v1/jobs?limit=200&state=succeeded", {signal})).data;
  for (const job of jobs) if (names.has(job.id)) write(names.get(job.id), job.name);
}
