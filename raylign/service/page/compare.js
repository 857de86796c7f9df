// Several jobs, task by task: what came out of each, and their curves in one picture.

import {get, route} from "./api.js";
import {Chart} from "./charts.js";
import {kl, reward, satisfied, tokens} from "./curves.js";
import {el, put, scrolls} from "./dom.js";
import {decimal, percent, points} from "./format.js";
import {History} from "./history.js";
import {badge} from "./jobs.js";
import {track} from "./outcome.js";

const KINDS = ["stage", "plan", "evaluation", "step", "end"];
const CURVES = [["satisfied, all judges", satisfied, true], ["reward", reward], ["KL, nats per response", kl], ["tokens per response", tokens]];
const LOOK_MS = 3000;

export async function compare(node, ids, signal) {
  document.title = "Compare · raylign";
  const runs = await Promise.all([...new Set(ids)].map(async (id) => ({
    id, job: await get(`/v1/jobs/${encodeURIComponent(id)}`, {signal}), history: new History(), after: 0,
  })));
  const others = el("select", {"aria-label": "Add a job", on: {change: () => { location.hash = `#/compare/${[...ids, others.value].map(encodeURIComponent).join("/")}`; }}});
  const told = await get("/v1/jobs?limit=100", {signal});
  put(others, el("option", {value: ""}, "add a job ..."), told.data.filter((one) => !ids.includes(one.id)).map((one) => el("option", {value: one.id}, `${one.name}  ${one.id}`)));
  const body = el("div");
  put(node, el("div", {class: "row"}, el("h1", {}, "Compare"), el("span", {class: "grow"}), others),
    el("ul", {class: "chips"}, runs.map((run) => el("li", {}, el("a", {href: `#/jobs/${encodeURIComponent(run.id)}`}, name(run)), " ", badge(run.job.state),
      el("a", {class: "drop", href: `#/compare/${ids.filter((one) => one !== run.id).map(encodeURIComponent).join("/")}`, "aria-label": `leave out ${name(run)}`}, "×")))),
    body);
  const sections = new Map();

  function name(run) {
    return runs.filter((one) => one.job.name === run.job.name).length > 1 ? `${run.job.name} ${run.id.slice(-6)}` : run.job.name;
  }

  function draw() {
    const tasks = [...new Set(runs.flatMap((run) => run.history.tasks))];
    for (const task of tasks) {
      if (!sections.has(task)) {
        sections.set(task, section(task));
        body.append(sections.get(task).node);
      }
      sections.get(task).draw();
    }
  }

  function section(task) {
    const table = scrolls(`${task}, job by job`);
    const charts = CURVES.map(([title, metric, share]) => ({metric, chart: new Chart(title, {share, group: "compare"})}));
    signal.addEventListener("abort", () => charts.forEach(({chart}) => chart.destroy()));
    const card = el("section", {class: "card"}, el("h2", {}, task), table, el("div", {class: "charts"}, charts.map(({chart}) => chart.node)));
    return {node: card, draw: () => {
      const having = runs.filter((run) => run.history.tasks.includes(task));
      put(table, rows(having, task));
      for (const {metric, chart} of charts) {
        chart.update(having.map((run) => ({label: name(run), points: run.history.series(task, metric)})));
      }
    }};
  }

  function rows(having, task) {
    const head = ["job", "satisfied", "", "points", "KL", "reward", "tokens"];
    return el("table", {class: "outcome"}, el("thead", {}, el("tr", {}, head.map((word, at) => word ? el("th", {scope: "col", class: at > 2 ? "number" : ""}, word) : el("td")))),
      el("tbody", {}, having.map((run) => {
        const [before, after] = run.history.change(task, satisfied);
        const last = (metric, digits) => el("td", {class: "number"}, decimal(run.history.change(task, metric)[1], digits));
        return el("tr", {}, el("th", {scope: "row"}, name(run)), el("td", {}, `${percent(before)} → ${percent(after)}`), el("td", {}, track(before, after)),
          el("td", {class: "number"}, el("b", {}, points(before, after))), last(kl, 1), last(reward, 2), last(tokens, 0));
      })));
  }

  async function look(run) {
    for (let rest = true; rest && !signal.aborted;) {
      const page = await get(route(`/v1/jobs/${encodeURIComponent(run.id)}/events`, {kind: KINDS, after: run.after, limit: 1000}), {signal});
      for (const event of page.data) run.history.add(event);
      run.after = page.data.at(-1)?.seq ?? run.after;
      rest = page.has_more;
    }
  }

  if (!runs.length) put(body, el("p", {class: "soft"}, "No job is chosen: add one, or tick some in the list."));
  while (!signal.aborted) {
    const going = runs.filter((run) => run.after === 0 || run.history.end === null || run.job.finished_at === null);
    if (!document.hidden) await Promise.all(going.map(look));
    draw();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
