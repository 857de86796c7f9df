// The first tab: what has come of each task so far, and its curves.

import {Chart} from "./charts.js";
import {curves, further, kl, reward, satisfied, tokens, training} from "./curves.js";
import {el, put} from "./dom.js";
import {decimal, percent, points} from "./format.js";

export function outcome({history, signal}) {
  const waits = el("p", {class: "soft waits"}, "Curves begin with the first step.");
  const body = el("div");
  const node = el("div", {}, waits, body);
  const chapters = [];
  let drawn = -1;

  function draw() {
    if (history.version === drawn) return;
    drawn = history.version;
    const told = history.chapters;
    waits.hidden = told.some((one) => one.steps.length > 0 || one.evaluations.size > 0);
    // A stage that is done is another object than it was while it went on.
    told.forEach((one, at) => {
      if (chapters[at]?.of === one) return;
      chapters[at]?.node.remove();
      chapters[at] = chapter(one);
      body.insertBefore(chapters[at].node, body.children[at] ?? null);
    });
    for (const one of chapters) one.draw();
  }

  /** One stage of a recipe; or the whole job. */
  function chapter(of) {
    const table = el("div", {class: "card", hidden: true});
    const tasks = el("div");
    const title = of.stage ? el("h2", {class: "stage"}, `Stage ${of.stage.number} of ${of.stage.stages}: ${of.stage.stage}`, el("span", {class: "soft"}, ` · ${of.stage.job}`)) : null;
    const whole = section("Training", training(), [], of);
    const sections = new Map();
    return {of, node: el("div", {}, title, table, tasks), draw: () => {
      table.hidden = of.steps.length === 0 && of.evaluations.size === 0;
      if (table.hidden) return;
      put(table, summary(of));
      for (const task of of.tasks) {
        if (sections.has(task)) continue;
        const method = of.planned(task)?.method;
        const made = section([task, method ? el("span", {class: "soft"}, ` · ${method}`) : ""], curves(task, of), further(task), of);
        sections.set(task, made);
        tasks.append(made.node);
      }
      if (of.steps.length && tasks.lastChild !== whole.node) tasks.append(whole.node);
      for (const one of [...sections.values(), whole]) one.draw();
    }};
  }

  function section(title, first, more, of) {
    const make = (list) => list.map(({lines, ...settings}) => ({lines, chart: new Chart(settings.title, settings)}));
    const charts = make(first);
    let rest = [];
    const grid = el("div", {class: "charts"}, charts.map((one) => one.chart.node));
    const hidden = el("div", {class: "charts"});
    const fold = more.length ? el("details", {on: {toggle: () => {
      if (fold.open && !rest.length) {
        rest = make(more);
        put(hidden, rest.map((one) => one.chart.node));
        update();
      }
    }}}, el("summary", {}, "More curves"), hidden) : null;
    const card = el("section", {class: "card"}, el("h2", {}, title), grid, fold);
    let seen = false;
    // What is not on the screen is not drawn.
    const watch = new IntersectionObserver(([entry]) => { seen = entry.isIntersecting; if (seen) update(); }, {rootMargin: "200px"});
    watch.observe(card);
    const update = () => { for (const {chart, lines} of [...charts, ...rest]) chart.update(lines(of)); };
    signal.addEventListener("abort", () => { watch.disconnect(); for (const {chart} of [...charts, ...rest]) chart.destroy(); });
    return {node: card, draw: () => { if (seen) update(); }};
  }

  return {node, draw};
}

function summary(history) {
  const head = ["task", "method", "satisfied", "", "points", "KL / limit", "reward", "tokens"];
  return [
    el("table", {class: "outcome"},
      el("thead", {}, el("tr", {}, head.map((name, at) => name ? el("th", {scope: "col", class: at > 3 ? "number" : ""}, name) : el("td")))),
      el("tbody", {}, history.tasks.map((task) => row(history, task)))),
    el("p", {class: "soft small"}, history.measuredTwice
      ? "Before and after are measured on the same prompts with the same seeds."
      : "From the first measurement to the mean of the last steps."),
  ];
}

function row(history, task) {
  const [before, after] = history.change(task, satisfied);
  const limit = history.planned(task)?.kl_max ?? null;
  const distance = history.change(task, kl)[1];
  const pair = (metric, digits) => history.change(task, metric).map((value) => decimal(value, digits)).join(" → ");
  const fell = before !== null && after !== null && after < before;
  return el("tr", {},
    el("th", {scope: "row"}, task),
    el("td", {class: "soft"}, history.planned(task)?.method ?? ""),
    el("td", {}, `${percent(before)} → ${percent(after)}`),
    el("td", {}, track(before, after)),
    el("td", {class: `number ${fell ? "bad" : "good"}`}, el("b", {}, points(before, after))),
    el("td", {class: "number"}, el("span", {class: distance !== null && limit !== null && distance > limit ? "bad" : ""}, decimal(distance, 1)),
      el("span", {class: "soft"}, ` / ${limit === null ? "none" : decimal(limit, 1)}`)),
    el("td", {class: "number"}, pair(reward, 2)),
    el("td", {class: "number"}, pair(tokens, 0)));
}

/** Before and after on a line from nothing to all. */
export function track(before, after) {
  const fell = before !== null && after !== null && after < before ? " fell" : "";
  const at = (node, style) => { Object.assign(node.style, style); return node; };
  return el("div", {class: "track", "aria-hidden": "true"},
    before !== null && after !== null
      ? at(el("div", {class: `span${fell}`}), {left: `${100 * Math.min(before, after)}%`, width: `${100 * Math.abs(after - before)}%`}) : null,
    before !== null ? at(el("div", {class: "dot old"}), {left: `${100 * before}%`}) : null,
    after !== null ? at(el("div", {class: `dot${fell}`}), {left: `${100 * after}%`}) : null);
}
