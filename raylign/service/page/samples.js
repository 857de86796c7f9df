// Responses, side by side: before and after, or two steps, each with every judge's word.

import {get, route} from "./api.js";
import {el, put} from "./dom.js";
import {decimal} from "./format.js";

const SHOWN = 20;

export function samples({path, history, signal, job}) {
  const steps = new Map(); // by step: tasks -> samples, of `samples` events
  let after = 0;
  let asking = false;
  const task = el("select", {"aria-label": "Task", on: {change: () => draw(true)}});
  const left = el("select", {"aria-label": "Left side", on: {change: () => draw(true)}});
  const right = el("select", {"aria-label": "Right side", on: {change: () => draw(true)}});
  const only = el("select", {"aria-label": "Which samples", on: {change: () => draw(true)}},
    [["", "all prompts"], ["better", "became satisfied"], ["worse", "became violated"], ["changed", "changed"]].map(([value, words]) => el("option", {value}, words)));
  const list = el("div", {class: "samples"});
  const node = el("section", {class: "card"},
    el("div", {class: "row"}, el("h2", {}, "Samples"), el("span", {class: "grow"}), task, left, el("span", {class: "soft", "aria-hidden": "true"}, "→"), right, only), list);
  let drawn = "";

  async function more() {
    if (asking) return;
    asking = true;
    try {
      for (let rest = true; rest && !signal.aborted;) {
        const told = await get(route(`${path}/events`, {kind: "samples", after, limit: 200}), {signal});
        for (const event of told.data) steps.set(event.data.step, event.data.tasks ?? {});
        after = told.data.at(-1)?.seq ?? after;
        rest = told.has_more;
      }
      draw();
    } catch (error) {
      if (!signal.aborted) put(list, el("p", {class: "bad"}, error.message));
    } finally {
      asking = false;
    }
  }

  /** What can stand on a side: `evaluation 0`, `step 10`, by name. */
  function sides() {
    const found = new Map();
    const evaluated = [...history.evaluations.values()].sort((a, b) => a.step - b.step).filter((one) => Object.values(one.tasks ?? {}).some((t) => t.samples?.length));
    evaluated.forEach((one, at) => found.set(`evaluation ${one.step}`, {
      words: at === 0 && one.step === 0 ? "before training" : `evaluation at step ${one.step}`,
      of: (name) => one.tasks?.[name]?.samples ?? [],
    }));
    for (const step of [...steps.keys()].sort((a, b) => a - b)) {
      found.set(`step ${step}`, {words: `step ${step + 1}`, of: (name) => steps.get(step)[name] ?? []});
    }
    return found;
  }

  let looked = -1;
  function draw(force = false) {
    if (history.done !== looked || history.end !== null && looked !== -2) {
      looked = history.end === null ? history.done : -2;
      more();
    }
    const found = sides();
    const shape = JSON.stringify([[...found.keys()], history.tasks]);
    if (shape === drawn && !force) return;
    drawn = shape;
    const names = [...found.keys()];
    const evaluations = names.filter((name) => name.startsWith("evaluation"));
    const of = evaluations.length > 1 ? evaluations : names;
    choices(task, history.tasks.map((name) => [name, name]), history.tasks[0]);
    choices(left, [...found].map(([name, {words}]) => [name, words]), of[0]);
    choices(right, [...found].map(([name, {words}]) => [name, words]), of.at(-1), left);
    if (!names.length) {
      put(list, el("p", {class: "soft waits"}, "Samples come with the first evaluation, and every few steps."));
      return;
    }
    const [before, now] = [found.get(left.value), found.get(right.value)];
    const pairs = paired(before.of(task.value), left.value === right.value ? [] : now.of(task.value)).filter(wanted);
    put(list, pairs.length ? pairs.slice(0, SHOWN).map((pair) => shown(pair, before.words, now.words, left.value === right.value))
      : el("p", {class: "soft"}, "No such samples."),
    pairs.length > SHOWN ? el("p", {class: "soft small"}, `${SHOWN} of ${pairs.length}`) : null);
  }

  function wanted({before, after: now}) {
    switch (only.value) {
      case "better": return now?.satisfied === true && before?.satisfied !== true;
      case "worse": return now?.satisfied === false && before?.satisfied !== false;
      case "changed": return before?.response !== now?.response;
      default: return true;
    }
  }

  return {node, draw};
}

/** Options of a select, which keeps what was chosen; what nobody chose follows `otherwise`. */
function choices(select, options, otherwise) {
  const chosen = select.dataset.chosen;
  put(select, options.map(([value, words]) => el("option", {value}, words)));
  select.value = options.some(([value]) => value === chosen) ? chosen : otherwise ?? "";
  if (select.dataset.listens) return;
  select.dataset.listens = "yes";
  select.addEventListener("change", () => { select.dataset.chosen = select.value; }, {capture: true});
}

/** Each prompt once, with its response on either side; prompts that only one side has, too. */
function paired(before, after) {
  const pairs = new Map();
  for (const [side, list] of [["before", before], ["after", after]]) {
    const seen = new Map();
    for (const sample of list) {
      const number = (seen.get(sample.prompt) ?? 0) + 1;
      seen.set(sample.prompt, number);
      const name = `${number} ${sample.prompt}`;
      pairs.set(name, {prompt: sample.prompt, ...pairs.get(name), [side]: sample});
    }
  }
  return [...pairs.values()];
}

function shown({prompt, before, after}, leftWords, rightWords, one) {
  return el("article", {class: "sample"},
    el("pre", {class: "prompt"}, prompt),
    side(before, leftWords), one ? null : side(after, rightWords));
}

function side(sample, words) {
  if (!sample) return el("div", {}, el("p", {class: "soft small"}, `${words}: no response kept`));
  const [kind, verdict] = sample.satisfied === true ? ["good", "✓ satisfied"] : sample.satisfied === false ? ["bad", "✗ violated"] : ["warn", "? no verdict"];
  const judges = Object.keys({...sample.rulings, ...sample.verdicts});
  return el("div", {},
    el("p", {class: "small"}, el("span", {class: "soft"}, `${words}  `), el("span", {class: kind}, verdict),
      sample.reward === null || sample.reward === undefined ? null : el("span", {class: "soft"}, `  reward ${decimal(sample.reward)}`)),
    el("pre", {class: "response", tabindex: "0"}, sample.response),
    el("ul", {class: "judges"}, judges.map((label) => ruling(label, sample.rulings?.[label], sample.verdicts?.[label])),
      Object.entries(sample.rewards ?? {}).map(([label, said]) => el("li", {class: "soft"}, `reward, ${label}: ${said}`))));
}

/** One judge's word on one response. */
function ruling(label, satisfied, reason) {
  const [kind, mark] = satisfied === true ? ["good", "✓"] : satisfied === false ? ["bad", "✗"] : ["warn", "?"];
  const more = reason && !["satisfied", "violated"].includes(reason);
  return el("li", {}, el("span", {class: kind}, `${mark} ${label}`), more ? el("span", {class: "soft"}, ` ${reason}`) : null);
}
