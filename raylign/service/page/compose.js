// A new job: a template, a text, and beside it what the gateway says of it while it is written.

import {get, post} from "./api.js";
import {button, el, put, tell, write} from "./dom.js";
import {plan as planned} from "./document.js";
import {gib} from "./format.js";
import {explainer} from "./schema.js";
import {ask, whileHere} from "./shortcuts.js";

const PAUSE_MS = 350; // after the last key before the gateway is asked

/** A random word; `crypto.randomUUID` is there over TLS alone. */
const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The plans of a recipe's stages; of a job, its own. */
const stages = (plan) => plan.stages ?? [plan];

/** `#/new`, `#/new/TEMPLATE`, `#/new/like/JOB`, `#/new/from/MODEL`, or `#/new/of/DATASET`. */
export async function compose(node, [first = "", id = ""], signal) {
  document.title = "New job · raylign";
  const templates = (await get("/v1/templates", {signal})).data;
  const like = first === "like" ? await get(`/v1/jobs/${encodeURIComponent(id)}`, {signal}) : null;
  const chosen = templates.find((one) => one.name === first) ?? templates[0];
  const choice = el("select", {"aria-label": "Template", on: {change: begin}},
    like ? el("option", {value: ""}, `like ${like.name}`) : null, templates.map((one) => el("option", {value: one.name}, one.name)));
  choice.value = like ? "" : chosen.name;
  const [models, sets] = await Promise.all([get("/v1/models", {signal}), get("/v1/datasets?limit=200", {signal})]);
  const known = el("datalist", {id: "draft-models"}, models.data.map((one) => el("option", {value: one.id})));
  const model = el("input", {id: "draft-model", required: true, autocomplete: "off", list: "draft-models", placeholder: "org/model"});
  const dataset = el("select", {id: "draft-dataset", required: true}, sets.data.filter((one) => one.state === "ready").map((one) => el("option", {value: one.name}, one.name)));
  if (first === "from") model.value = id;
  if (first === "of") dataset.value = id;
  const summary = el("p", {class: "soft small"});
  const numbers = el("pre", {class: "numbers", "aria-hidden": "true"});
  const text = el("textarea", {"aria-label": "The job, in YAML", spellcheck: "false", autocomplete: "off", wrap: "off", rows: "30", on: {input: changed, scroll: follow, keyup: explain, click: explain}});
  const faults = el("div", {role: "status", "aria-label": "What the gateway says of it"});
  const meaning = el("div", {class: "meaning"});
  const preview = el("div");
  const send = button("Submit", submit, {kind: "main", title: "Submit (Ctrl+Enter)"});
  put(node,
    el("div", {class: "row"}, el("h1", {}, "New job"), el("span", {class: "grow"}), choice, send),
    dataset.options.length ? el("form", {class: "row", on: {submit: draft}}, known, el("label", {for: "draft-model"}, "for the model"), model,
      el("label", {for: "draft-dataset"}, "and the data set"), dataset, el("button", {type: "submit"}, "Write a first job")) : null,
    summary,
    el("div", {class: "compose"},
      el("div", {class: "card editor"}, numbers, text),
      el("div", {}, el("section", {class: "card"}, faults, preview), el("section", {class: "card"}, el("h2", {}, "What may stand here"), meaning))));
  whileHere(signal, [{keys: "e", words: "write", press: () => text.focus()}]);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  });
  let clean = "";
  let taken = "";
  let key = fresh();
  let asking = new AbortController();
  let timer = 0;
  let describe = () => null;
  signal.addEventListener("abort", () => { asking.abort(); clearTimeout(timer); });
  get("/v1/schema", {signal}).then((schema) => { describe = explainer(schema); explain(); }, () => {});
  begin();

  async function leave() {
    return text.value === clean || await ask({title: "Leave what you wrote?", body: el("p", {}, "The template takes its place."), choices: [{name: "yes", words: "Take the template", kind: "main"}]}) === "yes";
  }

  async function draft(event) {
    event.preventDefault();
    if (!await leave()) return;
    try {
      text.value = clean = (await post("/v1/drafts", {body: JSON.stringify({model: model.value.trim(), dataset: dataset.value}), signal})).text;
      text.scrollTop = 0;
      write(summary, `A first job for ${model.value.trim()} and ${dataset.value}, to be changed.`);
      changed();
    } catch (error) {
      if (!signal.aborted) tell(error.message, "bad");
    }
  }

  async function begin() {
    if (!await leave()) {
      choice.value = taken;
      return;
    }
    taken = choice.value;
    const one = templates.find(({name}) => name === choice.value);
    const from = first === "from" && one === templates[0] ? id : "";
    text.value = one ? one.text.replace(/(policy: \{model: )[^},\s]*/, (whole, before) => from ? `${before}model://${from}` : whole) : JSON.stringify(like.document, null, 2);
    clean = text.value;
    text.scrollTop = 0;
    write(summary, one ? one.summary : `The document of ${like.id}, to be changed.`);
    changed();
  }

  function changed() {
    const count = text.value.split("\n").length;
    numbers.textContent = Array.from({length: count}, (_, at) => at + 1).join("\n");
    follow();
    key = fresh();
    send.disabled = true;
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
    explain();
  }

  function follow() {
    numbers.scrollTop = text.scrollTop;
  }

  async function look() {
    asking.abort();
    asking = new AbortController();
    const {signal: mine} = asking;
    try {
      const told = await post("/v1/plans", {body: text.value, type: "application/yaml", signal: mine});
      send.disabled = told.errors.length > 0;
      put(faults,
        told.errors.length ? el("h2", {class: "bad"}, told.errors.length === 1 ? "One thing is wrong" : `${told.errors.length} things are wrong`) : el("h2", {class: "good"}, "It would be queued"),
        el("ul", {class: "faults"}, told.errors.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)).map((one) => el("li", {},
          one.line === null ? null : button(`line ${one.line}`, () => select(one.line), {kind: "quiet"}), el("span", {class: "text"}, one.message))),
        told.warnings.map((words) => el("li", {class: "warn text"}, words)), told.notes.map((words) => el("li", {class: "soft text"}, words))));
      put(preview, told.plan ? [
        el("h2", {}, "Plan"),
        el("p", {class: "small soft"}, `${told.cluster.source === "ray" ? "for Ray's" : "for the gateway's own"} ${told.cluster.nodes} node${told.cluster.nodes === 1 ? "" : "s"}: ${told.cluster.cpus} CPUs, ${told.cluster.gpus} GPUs, ${gib(told.cluster.memory_bytes)}; ${stages(told.plan).map((one) => one.memory_bytes === null ? "how much it takes is not known" : `it takes about ${gib(one.memory_bytes)}`).join(", then ")}`),
        stages(told.plan).map((one, at, all) => [all.length > 1 ? el("h3", {}, `Stage ${at + 1}: ${one.job}`) : null, planned(one)])] : null);
      mark(told.errors.map((one) => one.line));
    } catch (error) {
      if (mine.aborted || signal.aborted) return;
      put(faults, el("p", {class: "bad"}, error.message));
    }
  }

  function mark(lines) {
    const wrong = new Set(lines);
    put(numbers, text.value.split("\n").map((_, at) => wrong.has(at + 1) ? el("b", {class: "bad"}, `${at + 1}\n`) : `${at + 1}\n`));
    follow();
  }

  function select(line) {
    const before = text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = text.value.indexOf("\n", before);
    text.focus();
    text.setSelectionRange(before, end < 0 ? text.value.length : end);
    explain();
    text.scrollTop = (line - 6) * parseFloat(getComputedStyle(text).lineHeight);
  }

  function explain() {
    const begin = text.value.lastIndexOf("\n", text.selectionStart - 1) + 1;
    const upTo = text.value.slice(begin, text.value.indexOf("\n", text.selectionStart) >>> 0);
    const keys = [...upTo.matchAll(/([A-Za-z_]+)["']?\s*:/g)].filter((found) => found.index <= text.selectionStart - begin);
    put(meaning, describe(keys.at(-1)?.[1] ?? upTo.trim().replace(/^- /, "")) ?? el("p", {class: "soft"}, "Put the cursor on a key."));
  }

  async function submit() {
    if (send.disabled) return;
    send.disabled = true;
    try {
      const made = await post("/v1/jobs", {body: text.value, type: "application/yaml", headers: {"Idempotency-Key": key}});
      tell(`${made.name} is ${made.state}`);
      location.hash = `#/jobs/${encodeURIComponent(made.id)}`;
    } catch (error) {
      send.disabled = false;
      tell(error.message, "bad");
    }
  }
}
