// When what happened: attempts, each step's phases as they lay in time, and what else there was.

import {el, put, scrolls, svg} from "./dom.js";
import {clock, decimal, hour, percent} from "./format.js";
import {PHASES} from "./history.js";

const WIDTH = 1080;
const MOST = 400; // parts of the run that are drawn apart; a longer one is summed by parts
const LEFT = 84; // room for the rows' names
const ROWS = {attempts: 8, steps: 34, marks: 84}; // where each begins
const HEIGHT = 124;

export function timeline({job, history}) {
  const node = el("div");
  let drawn = -1;

  function draw() {
    if (drawn === history.version) return;
    drawn = history.version;
    const begun = job().started_at ?? history.started;
    if (begun === null || begun === undefined) {
      put(node, el("p", {class: "soft waits"}, "The timeline begins with the first event."));
      return;
    }
    const first = Math.min(begun, history.started ?? begun);
    const last = Math.max(history.latest ?? first, first + 1);
    const x = (time) => LEFT + Math.min(Math.max((time - first) / (last - first), 0), 1) * (WIDTH - LEFT - 8);
    put(node,
      el("section", {class: "card"}, el("h2", {}, "Timeline"),
        scrolls("Timeline", svg("svg", {class: "timeline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": spoken(history, last - first)},
          names(), attempts(job(), x, last), phases(history, x), marks(history, x), ticks(first, last, x)))),
      el("section", {class: "card"}, el("h2", {}, "Where the time goes"), totals(history)));
  }

  return {node, draw};
}

function spoken(history, seconds) {
  return `${history.steps.length} steps in ${clock(seconds)}, ${history.evaluations.size} evaluations, ${history.checkpoints.length} checkpoints, ${history.warnings.length} warnings`;
}

function names() {
  return [["attempts", ROWS.attempts + 10], ["phases", ROWS.steps + 19], ["events", ROWS.marks + 10]].map(([name, y]) => svg("text", {x: 0, y, class: "name"}, name));
}

function rect(from, to, y, height, name, title) {
  return svg("rect", {x: from.toFixed(1), y, width: Math.max(to - from, 0.8).toFixed(1), height, class: name}, svg("title", {}, title));
}

function attempts(job, x, last) {
  return job.attempts.map((one) =>
    rect(x(one.created_at), x(one.ended_at ?? last), ROWS.attempts, 10, `attempt ${one.state}`, `attempt ${one.n}, ${one.state}${one.reason ? `: ${one.reason}` : ""}`));
}

function phases(history, x) {
  const steps = history.chapters.flatMap((one) => one.steps);
  const size = Math.max(1, Math.ceil(steps.length / MOST));
  const parts = [];
  for (let at = 0; at < steps.length; at += size) {
    const part = steps.slice(at, at + size);
    const whole = part.map((step) => step.step_s ?? 0).reduce((a, b) => a + b, 0);
    const end = part.at(-1).time;
    const begin = Math.max(part[0].time - (part[0].step_s ?? 0), 0);
    const spent = PHASES.map((phase) => [phase, part.map((step) => step.seconds?.[phase] ?? 0).reduce((a, b) => a + b, 0)]);
    const all = spent.map(([, seconds]) => seconds).reduce((a, b) => a + b, 0);
    let from = x(begin);
    const room = x(end) - from;
    const name = size === 1 ? `step ${part[0].step + 1}` : `steps ${part[0].step + 1} to ${part.at(-1).step + 1}`;
    for (const [phase, seconds] of spent) {
      if (!seconds) continue;
      const to = from + room * seconds / (all || 1);
      parts.push(rect(from, to, ROWS.steps, 30, `phase-${phase}`, `${name}, ${phase}: ${decimal(seconds)} s of ${decimal(whole)} s`));
      from = to;
    }
  }
  return parts;
}

function marks(history, x) {
  const dot = (time, name, title) => svg("circle", {cx: x(time).toFixed(1), cy: ROWS.marks + 6, r: 5, class: `mark ${name}`}, svg("title", {}, title));
  return [
    ...history.chapters.flatMap((one) => [...one.evaluations.values()]).map((one) => dot(one.time, "evaluated", `evaluation at step ${one.step}`)),
    ...history.checkpoints.map((one) => dot(one.time, "saved", `checkpoint of step ${one.step}`)),
    ...history.warnings.map((one) => dot(one.time, "warned", one.message)),
  ];
}

function ticks(first, last, x) {
  const count = 6;
  return Array.from({length: count}, (_, at) => first + ((last - first) * at) / (count - 1)).map((time, at) =>
    svg("text", {x: x(time).toFixed(1), y: HEIGHT - 4, class: at === 0 ? "start" : at === count - 1 ? "end" : "middle"}, hour(time)));
}

function totals(history) {
  const seconds = history.seconds();
  const total = [...seconds.values()].reduce((a, b) => a + b, 0);
  if (!total) return el("p", {class: "soft"}, "No step yet.");
  const piece = (phase, spent) => {
    const part = el("div", {class: `phase-${phase}`});
    part.style.width = `${(100 * spent) / total}%`;
    return part;
  };
  return [
    el("div", {class: "total", "aria-hidden": "true"}, [...seconds].map(([phase, spent]) => piece(phase, spent))),
    el("ul", {class: "legend"}, [...seconds].map(([phase, spent]) =>
      el("li", {}, el("i", {class: `phase-${phase}`}), `${phase} ${decimal(spent, 1)} s, ${percent(spent / total)}`))),
    el("ul", {class: "legend"}, [["evaluated", "evaluation"], ["saved", "checkpoint"], ["warned", "warning"]].map(([name, label]) =>
      el("li", {}, el("i", {class: `round ${name}`}), label))),
  ];
}
