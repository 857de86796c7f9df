// One job, live: its head, and tabs that draw what its events tell.

import {follow, get} from "./api.js";
import {actors} from "./actors.js";
import {actions, buttons, ended} from "./actions.js";
import {badge, lasted} from "./jobs.js";
import {el, outside, put, tell, write} from "./dom.js";
import {ago, clock, moment} from "./format.js";
import {History} from "./history.js";
import {document_} from "./document.js";
import {log} from "./log.js";
import {outcome} from "./outcome.js";
import {samples} from "./samples.js";
import {timeline} from "./timeline.js";
import {whileHere} from "./shortcuts.js";

/** A tab is made once of a context `{id, job(), history, signal}`, and gives its node and what draws it anew. */
const TABS = {curves: ["Curves", outcome], samples: ["Samples", samples], timeline: ["Timeline", timeline], actors: ["Actors", actors], events: ["Events", log], job: ["Job", document_]};
/** Responses are read by their own tab. */
const KINDS = ["status", "stage", "plan", "evaluation", "step", "checkpoint", "warning", "tracker", "pushed", "paused", "end"];

export async function job(node, [id], signal) {
  const path = `/v1/jobs/${encodeURIComponent(id)}`;
  let now = await get(path, {signal});
  const history = new History();
  const context = {id, path, job: () => now, history, signal};
  document.title = `${now.name} · raylign`;

  const state = el("span");
  const why = el("p", {class: "soft"});
  const measure = el("progress", {max: 1, value: 0, "aria-label": "steps made"});
  const words = el("span", {class: "small soft"});
  const line = el("span", {class: "small warn", role: "status"});
  const acts = el("div", {class: "row"});
  const places = el("div", {class: "row small"});
  const warnings = el("div");
  const panel = el("section", {class: "panel", role: "tabpanel", id: "panel", tabindex: "-1"});
  const tabs = Object.entries(TABS).map(([name, [label]]) =>
    el("a", {role: "tab", id: `tab-${name}`, "aria-controls": "panel", href: `#/jobs/${encodeURIComponent(id)}/${name}`}, label));
  put(node,
    el("header", {class: "head"},
      el("div", {class: "row"}, el("h1", {}, now.name), state, el("span", {class: "grow"}), acts),
      el("div", {class: "row small soft"}, el("span", {class: "mono"}, id), el("span", {title: moment(now.created_at)}, `sent ${ago(now.created_at)}`), line),
      why, el("div", {class: "progress wide"}, measure, words), places, warnings),
    el("div", {class: "tabs", role: "tablist", "aria-label": "What to show", on: {keydown: arrows}}, tabs), panel);

  let open = null;
  let opened = "";
  const made = new Map();
  function turn() {
    const [, , name = "curves"] = location.hash.replace(/^#\//, "").split("/");
    const wanted = TABS[name] ? name : "curves";
    if (wanted === opened) return;
    opened = wanted;
    if (!made.has(wanted)) made.set(wanted, TABS[wanted][1](context));
    open = made.get(wanted);
    put(panel, open.node);
    panel.setAttribute("aria-labelledby", `tab-${wanted}`);
    tabs.forEach((tab) => {
      const here = tab.id === `tab-${wanted}`;
      tab.setAttribute("aria-selected", String(here));
      tab.tabIndex = here ? 0 : -1;
    });
    open.draw();
  }

  function arrows(event) {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!by) return;
    const next = tabs[(tabs.findIndex((tab) => tab.id === `tab-${opened}`) + by + tabs.length) % tabs.length];
    location.hash = next.getAttribute("href");
    next.focus();
  }

  addEventListener("hashchange", turn, {signal});

  let drawn = "";
  function head() {
    const shape = `${now.state} ${now.desired} ${now.attempt}`;
    if (shape !== drawn) {
      drawn = shape;
      put(state, badge(now.state));
      put(acts, buttons(now, news));
      whileHere(signal, [
        ...actions(now, news),
        ...Object.keys(TABS).map((name, at) => ({keys: String(at + 1), words: `tab ${TABS[name][0]}`, press: () => tabs[at].click()})),
      ]);
      put(places,
        now.links.report && ended(now) ? el("a", {href: `/page/report.html#${encodeURIComponent(id)}`, target: "_blank", rel: "opener"}, "Report") : null,
        now.links.ray_dashboard ? outside(now.links.ray_dashboard, "Ray dashboard") : null,
        el("a", {href: `#/compare/${encodeURIComponent(id)}`}, "Compare with others"),
        el("a", {href: `#/new/like/${encodeURIComponent(id)}`}, "New one like it"));
    }
    write(why, (now.state === "succeeded" ? "" : now.status_reason) || (ended(now) ? "" : [history.phase, history.detail].filter(Boolean).join(": ")));
    measure.max = history.total || 1;
    measure.value = history.done;
    const spent = lasted(now);
    const left = ended(now) ? null : history.secondsLeft;
    write(words, [
      history.stage ? `stage ${history.stage.number} of ${history.stage.stages}: ${history.stage.stage}` : "",
      `step ${history.done} of ${history.total || "?"}`,
      spent === null ? "" : `${clock(spent)}`,
      left === null ? "" : `${clock(left)} left`,
      history.newest?.tokens_per_s ? `${Math.round(history.newest.tokens_per_s).toLocaleString("en")} tokens/s` : "",
    ].filter(Boolean).join(" · "));
    const said = [...new Set(history.warnings.map((one) => one.message))];
    if (warnings.childElementCount !== Math.min(said.length, 3)) {
      put(warnings, said.slice(-3).map((message) => el("p", {class: "warn small"}, `! ${message}`)));
    }
  }

  function news(job) {
    if (job === null) {
      location.hash = "#/";
      return;
    }
    now = {...now, ...job};
    draw();
  }

  let waiting = false;
  function draw() {
    if (waiting || signal.aborted) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (signal.aborted) return;
      head();
      open?.draw();
    });
  }

  signal.addEventListener("abort", () => made.forEach((tab) => tab.leave?.()));
  const second = setInterval(() => { if (!ended(now) && !document.hidden) draw(); }, 1000);
  signal.addEventListener("abort", () => clearInterval(second));
  turn();
  draw();
  const onConnection = (whole) => write(line, whole ? "" : "no connection to the gateway; trying again");
  let known = "";
  for await (const batch of follow(id, {kinds: KINDS, signal, onConnection})) {
    for (const event of batch) history.add(event);
    const said = batch.filter((event) => event.seq === 0 || ["paused", "end"].includes(event.kind)).map((event) => `${event.kind} ${event.data.phase} ${event.data.detail}`).at(-1);
    if (said && said !== known) {
      known = said;
      get(path, {signal}).then(news, (error) => { if (!signal.aborted) tell(error.message, "bad"); });
    }
    draw();
  }
  if (!signal.aborted) news(await get(path, {signal}));
}
