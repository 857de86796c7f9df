// The job as it was sent, its attempts, its plan.

import {el, outside, put, scrolls} from "./dom.js";
import {gib, moment} from "./format.js";
import {badge} from "./jobs.js";

export function document_({job, history}) {
  const node = el("div");
  let drawn = "";

  function draw() {
    const now = job();
    const shape = JSON.stringify([now.attempts, history.plan !== null]);
    if (shape === drawn) return;
    drawn = shape;
    put(node,
      el("section", {class: "card"}, el("h2", {}, "Attempts"), now.attempts.length ? attempts(now) : el("p", {class: "soft"}, "None yet.")),
      history.plan ? el("section", {class: "card"}, el("h2", {}, "Plan"), plan(history.plan)) : null,
      el("section", {class: "card"}, el("h2", {}, "The job as it was sent"),
        now.run_dir ? el("p", {class: "small soft"}, "run directory ", el("code", {}, now.run_dir)) : null,
        el("pre", {class: "code", tabindex: "0"}, JSON.stringify(now.document, null, 2))));
  }

  return {node, draw};
}

function table(label, head, rows) {
  return scrolls(label, el("table", {}, el("thead", {}, el("tr", {}, head.map((name) => el("th", {scope: "col"}, name)))), el("tbody", {}, rows)));
}

function attempts(job) {
  return table("Attempts", ["attempt", "state", "began", "ended", "why", "in Ray"], job.attempts.map((one) => el("tr", {},
    el("td", {}, one.n), el("td", {}, badge(one.state)), el("td", {}, moment(one.created_at)),
    el("td", {}, one.ended_at === null ? "" : moment(one.ended_at)), el("td", {class: "text"}, one.reason),
    el("td", {class: "mono small"}, one.n === job.attempt && job.links.ray_dashboard ? outside(job.links.ray_dashboard, one.submission_id) : one.submission_id))));
}

/** Tasks and actors of a plan. */
export function plan(made) {
  const facts = [
    `device ${made.device}`, `${made.samples_per_step} samples a step`, `at most about ${made.tokens_per_step.toLocaleString("en")} tokens a step`,
    `about ${made.microbatches_per_step} microbatches`, made.checkpoint_bytes === null ? "" : `a checkpoint takes about ${gib(made.checkpoint_bytes)}`, made.max_staleness ? `at most ${made.max_staleness} steps stale` : "",
  ];
  return [
    table("Tasks", ["task", "method", "reward", "judges", "prompts × samples", "weight"], made.tasks.map((task) => el("tr", {},
      el("td", {}, task.name), el("td", {}, task.method), el("td", {}, task.reward || "none"), el("td", {class: "text"}, task.judges.join(", ") || "none"),
      el("td", {}, `${task.prompts_per_step} × ${task.samples_per_prompt}`), el("td", {}, task.weight ?? "")))),
    el("p", {class: "small soft"}, facts.filter(Boolean).join(" · ")),
    table("Actors", ["actor", "CPUs", "GPUs", "threads", "memory, about", "model"], made.actors.map((actor) => el("tr", {},
      el("td", {class: "mono"}, actor.name), el("td", {}, actor.cpus ?? ""), el("td", {}, actor.gpus ?? ""), el("td", {}, actor.threads),
      el("td", {}, gib(actor.memory_bytes)), el("td", {class: "mono text"}, actor.model || "none")))),
  ];
}
