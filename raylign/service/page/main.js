// The shell: who is let in, which view an address shows, what every view has around it.

import {key, onRefused} from "./api.js";
import {button, el, put, tell} from "./dom.js";
import {compare} from "./compare.js";
import {compose} from "./compose.js";
import {datasets} from "./datasets.js";
import {job} from "./job.js";
import {jobs} from "./jobs.js";
import {keys} from "./keys.js";
import {labels} from "./labels.js";
import {models} from "./models.js";
import {settings} from "./settings.js";
import {help, shortcuts} from "./shortcuts.js";
import {signIn} from "./signin.js";

/** Views by the first word of an address. A view fills a node with what it shows, until its signal says leave. */
const VIEWS = {"": jobs, jobs: job, compare, new: compose, datasets, labels, models, settings, keys};
const PAGES = [["#/", "Jobs"], ["#/new", "New job"], ["#/datasets", "Datasets"], ["#/labels", "Labels"], ["#/models", "Models"], ["#/settings", "Settings"], ["#/keys", "Keys"]];

const main = document.getElementById("main");
let leaving = new AbortController();
let shown = null;

function words() {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

async function show() {
  const [name = "", ...rest] = words();
  // The tabs of one job are one view, which hears of the address itself.
  const place = name === "jobs" ? `jobs/${rest[0]}` : [name, ...rest].join("/");
  if (place === shown) return;
  shown = place;
  leaving.abort();
  leaving = new AbortController();
  frame();
  const {signal} = leaving;
  put(main);
  try {
    if (!key.get()) await signIn(main, signal);
    if (signal.aborted) return;
    frame();
    await (VIEWS[name] ?? missing)(main, rest, signal);
  } catch (error) {
    if (signal.aborted || error.status === 401) return;
    put(main, el("h1", {}, "That did not work"), el("p", {class: "bad"}, error.message), el("p", {}, el("a", {href: "#/"}, "All jobs")));
  }
}

async function missing(node) {
  put(node, el("h1", {}, "There is no such page"), el("p", {}, el("a", {href: "#/"}, "All jobs")));
}

function frame() {
  const here = words()[0] ?? "";
  put(document.getElementById("nav"), PAGES.map(([href, name]) =>
    el("a", {href, "aria-current": (href === "#/" ? ["", "jobs", "compare"].includes(here) : href === `#/${here}`) ? "page" : null}, name)));
  put(document.getElementById("tools"),
    button("?", help, {kind: "quiet", title: "Keyboard shortcuts (?)", "aria-label": "Keyboard shortcuts"}),
    key.get() ? button("Sign out", leave, {kind: "quiet"}) : null);
}

function leave() {
  key.forget();
  shown = null;
  show();
}

onRefused(() => {
  if (!key.get()) return;
  tell("the gateway does not take this key", "bad");
  leave();
});
addEventListener("hashchange", async () => {
  await show();
  if (!main.contains(document.activeElement)) main.focus({preventScroll: true});
});
shortcuts();
show();
