// All jobs, newest first, as they stand now.

import {get, route} from "./api.js";
import {buttons, ended} from "./actions.js";
import {button, el, put, write} from "./dom.js";
import {ago, clock, moment, percent} from "./format.js";
import {mean} from "./history.js";
import {whileHere} from "./shortcuts.js";

const LOOK_MS = 2000;
const PAGE = 50;
const STATES = ["queued", "starting", "running", "recovering", "pausing", "paused", "cancelling", "succeeded", "failed", "cancelled"];

export function badge(state) {
  const kind = {succeeded: "good", ready: "good", refused: "bad", valid: "good", revoked: "bad", failed: "bad", cancelled: "warn", cancelling: "warn", pausing: "warn", paused: "warn", running: "live"}[state] ?? "soft";
  return el("span", {class: `badge ${kind}`}, state);
}

/** Seconds that a job has run, or ran. */
export function lasted(job) {
  if (job.started_at === null) return null;
  return (job.finished_at ?? Date.now() / 1000) - job.started_at;
}

export async function jobs(node, _, signal) {
  document.title = "Jobs · raylign";
  const rows = new Map();
  const chosen = new Set();
  const progress = new Map(); // by id: {seq, done, total, satisfied}
  let pages = 1;
  const state = el("select", {"aria-label": "State", on: {change: look}},
    el("option", {value: ""}, "every state"), STATES.map((one) => el("option", {value: one}, one)));
  const filter = el("input", {type: "search", placeholder: "name or id", "aria-label": "Name or id", on: {input: draw}});
  const together = button("Compare", () => { location.hash = `#/compare/${[...chosen].map(encodeURIComponent).join("/")}`; }, {kind: "quiet"});
  const body = el("tbody");
  const table = el("table", {class: "jobs"},
    el("thead", {}, el("tr", {}, el("th", {}, el("span", {class: "unseen"}, "compare")),
      ["job", "state", "progress", "satisfied", "took", "sent"].map((name) => el("th", {scope: "col"}, name)),
      el("th", {}, el("span", {class: "unseen"}, "actions")))), body);
  const empty = el("p", {class: "soft"});
  const more = button("More", () => { pages += 1; look(); }, {kind: "quiet"});
  more.hidden = true;
  put(node,
    el("div", {class: "row"}, el("h1", {}, "Jobs"), el("span", {class: "grow"}), filter, state, together),
    el("div", {class: "card"}, table, empty, more));
  let found = [];
  whileHere(signal, [
    {keys: "/", words: "look for a name or id", press: () => filter.focus()},
    {keys: "j", words: "next job", press: () => step(1)},
    {keys: "k", words: "job before", press: () => step(-1)},
    {keys: "x", words: "choose a job to compare", press: () => document.activeElement.closest("tr")?.querySelector("input")?.click()},
  ]);

  function step(by) {
    const links = [...body.querySelectorAll("tr:not([hidden]) a.job")];
    const at = links.indexOf(document.activeElement.closest("tr")?.querySelector("a.job"));
    links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  }

  async function look() {
    const seen = [];
    let before = null;
    let rest = true;
    for (let page = 0; page < pages && rest; page += 1) {
      const told = await get(route("/v1/jobs", {limit: PAGE, before, state: state.value}), {signal});
      seen.push(...told.data);
      rest = told.has_more;
      before = told.data.at(-1)?.id ?? null;
    }
    found = seen;
    more.hidden = !rest;
    draw();
    await measure(found, progress, signal);
    draw();
  }

  function draw() {
    if (signal.aborted) return;
    const wanted = filter.value.trim().toLowerCase();
    const ids = new Set(found.map((job) => job.id));
    for (const [id, row] of rows) if (!ids.has(id)) { row.node.remove(); rows.delete(id); }
    found.forEach((job, at) => {
      const row = rows.get(job.id) ?? line(job);
      rows.set(job.id, row);
      row.update(job, progress.get(job.id));
      row.node.hidden = wanted !== "" && !`${job.name} ${job.id}`.toLowerCase().includes(wanted);
      if (body.children[at] !== row.node) body.insertBefore(row.node, body.children[at] ?? null);
    });
    table.hidden = found.length === 0;
    write(empty, found.length ? "" : state.value ? `No job is ${state.value}.` : "No jobs yet: send one with `raylign submit FILE`.");
    together.disabled = chosen.size < 2;
    write(together, chosen.size < 2 ? "Compare" : `Compare ${chosen.size}`);
  }

  function line(job) {
    const pick = el("input", {type: "checkbox", "aria-label": `compare ${job.name}`, on: {change: () => {
      pick.checked ? chosen.add(job.id) : chosen.delete(job.id);
      draw();
    }}});
    const cells = Object.fromEntries(["state", "steps", "share", "took", "sent", "actions"].map((name) => [name, el("td", {class: name})]));
    const why = el("div", {class: "soft small why"});
    const made = el("tr", {}, el("td", {}, pick),
      el("td", {class: "name"}, el("a", {class: "job", href: `#/jobs/${encodeURIComponent(job.id)}`}, job.name), el("div", {class: "soft small mono"}, job.id, job.tenant && job.tenant !== "default" ? ` of ${job.tenant}` : ""), why),
      Object.values(cells));
    let state = "";
    return {
      node: made,
      update(now, steps) {
        if (state !== `${now.state} ${now.desired}`) {
          state = `${now.state} ${now.desired}`;
          put(cells.state, badge(now.state));
          put(cells.actions, buttons(now, look));
        }
        write(why, now.status_reason && now.state !== "succeeded" ? now.status_reason : "");
        put(cells.steps, steps ? bar(steps.done, steps.total) : "");
        write(cells.share, steps ? percent(steps.satisfied) : "");
        write(cells.took, lasted(now) === null ? "" : clock(lasted(now)));
        write(cells.sent, ago(now.created_at));
        cells.sent.title = moment(now.created_at);
      },
    };
  }

  while (!signal.aborted) {
    try {
      if (!document.hidden) await look();
    } catch (error) {
      if (signal.aborted || error.status === 401) return;
      write(empty, error.message);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Steps made of all, as a bar and in words. */
export function bar(done, total) {
  return el("div", {class: "progress"},
    el("progress", {max: total || 1, value: done, "aria-label": "steps"}), el("span", {class: "small soft"}, `${done}/${total || "?"}`));
}

/** Where each job's steps stand: asked of those with news alone, few at a time. */
async function measure(found, progress, signal) {
  const stale = found.filter((job) => job.last_seq && progress.get(job.id)?.seq !== job.last_seq && (job.started_at || ended(job)));
  const ask = async () => {
    for (let job = stale.shift(); job && !signal.aborted; job = stale.shift()) {
      const after = Math.max(0, job.last_seq - 40);
      const told = await get(route(`/v1/jobs/${job.id}/events`, {kind: "step", after, limit: 40}), {signal});
      const last = told.data.at(-1)?.data;
      const shares = Object.values(last?.tasks ?? {}).map((task) => task.satisfied);
      const known = progress.get(job.id);
      progress.set(job.id, last
        ? {seq: job.last_seq, done: last.step + 1, total: last.steps, satisfied: mean(shares)}
        : {...(known ?? {done: 0, total: 0, satisfied: null}), seq: job.last_seq});
    }
  };
  await Promise.all([ask(), ask(), ask()]);
}
