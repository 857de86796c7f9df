// Label queues: made of a data set, sat at by the keyboard, counted, made a data set of.

import {get, post, remove, route} from "./api.js";
import {button, el, put, scrolls, tell, write} from "./dom.js";
import {decimal, moment} from "./format.js";
import {ask, whileHere} from "./shortcuts.js";

const WHO = "raylign.labeller";
const WORDS = {first: "the data's first", second: "its second", tie: "ties", skip: "skipped"};

const at = (queue, rest = "") => `/v1/label-queues/${encodeURIComponent(queue)}${rest}`;

/** `#/labels`, or `#/labels/QUEUE`. */
export async function labels(node, [name], signal) {
  return name ? one(node, name, signal) : list(node, signal);
}

function field(id, words, input) {
  input.id = id;
  return [el("label", {for: id}, words), input];
}

async function list(node, signal) {
  document.title = "Labels · raylign";
  const body = el("tbody");
  const empty = el("p", {class: "soft"});
  const sets = (await get("/v1/datasets?limit=200", {signal})).data.filter((one_) => one_.state === "ready");
  const name = el("input", {required: true, autocomplete: "off", pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*"});
  const dataset = el("select", {required: true}, sets.map((set) => el("option", {value: set.name}, set.name)));
  put(node, el("h1", {}, "Labels"),
    el("form", {class: "card row", on: {submit: make}}, field("queue-name", "name", name), field("queue-dataset", "of the data set", dataset),
      el("button", {type: "submit", class: "main"}, "Make a queue")),
    el("div", {class: "card"}, scrolls("Label queues", el("table", {}, el("thead", {}, el("tr", {}, ["name", "pairs", "of", "since"].map((word) => el("th", {scope: "col"}, word)),
      el("th", {}, el("span", {class: "unseen"}, "actions")))), body)), empty));
  await look();

  async function look() {
    const found = (await get("/v1/label-queues", {signal})).data;
    put(body, found.map((queue) => el("tr", {},
      el("th", {scope: "row"}, el("a", {href: `#/labels/${encodeURIComponent(queue.id)}`}, queue.name)),
      el("td", {}, queue.pairs.toLocaleString("en")), el("td", {}, queue.source), el("td", {class: "soft"}, moment(queue.created_at)),
      el("td", {class: "number"}, button("Delete", () => discard(queue), {kind: "danger", "aria-label": `Delete ${queue.name}`})))));
    write(empty, found.length ? "" : "None yet. A queue shows people pairs of responses, and takes their word on which is better.");
  }

  async function make(event) {
    event.preventDefault();
    try {
      await post("/v1/label-queues", {body: JSON.stringify({name: name.value, dataset: dataset.value})});
      name.value = "";
      await look();
    } catch (error) {
      tell(error.message, "bad");
    }
  }

  async function discard(queue) {
    const sure = await ask({title: `Delete ${queue.name}?`, body: el("p", {}, "All that people said of its pairs goes with it."), choices: [{name: "yes", words: "Delete it", kind: "danger"}]});
    if (sure !== "yes") return;
    try {
      await remove(at(queue.id));
      await look();
    } catch (error) {
      tell(error.message, "bad");
    }
  }
}

async function one(node, name, signal) {
  const queue = await get(at(name), {signal});
  document.title = `${queue.name} · raylign`;
  let who = localStorage.getItem(WHO) ?? "";
  let shown = null;
  let busy = false;
  const said = [];
  const desk = el("div");
  const standing = el("section", {class: "card"});
  const labeller = el("input", {required: true, autocomplete: "off", value: who, maxlength: "64"});
  const dataset = el("input", {required: true, autocomplete: "off", value: `${queue.name}-labelled`.slice(0, 64)});
  const contradicting = el("select", {}, el("option", {value: "majority"}, "take the majority"), el("option", {value: "drop"}, "leave the pair out"));
  put(node, el("div", {class: "row"}, el("h1", {}, queue.name), el("span", {class: "grow"}), el("span", {class: "soft small"}, `${queue.pairs} pairs of ${queue.source}`)),
    el("form", {class: "card row", on: {submit: sit}}, field("labeller", "you are", labeller), el("button", {type: "submit", class: "main"}, "Label")),
    desk, standing,
    el("form", {class: "card row", on: {submit: make}}, field("export-dataset", "Make a data set called", dataset), field("export-contradicting", "where labellers disagree", contradicting),
      el("button", {type: "submit"}, "Make it")));
  whileHere(signal, [
    {keys: "1", words: "the left response is better", press: () => say("left")}, {keys: "2", words: "the right response is better", press: () => say("right")},
    {keys: "ArrowLeft", words: "the left response is better", press: () => say("left")}, {keys: "ArrowRight", words: "the right response is better", press: () => say("right")},
    {keys: "=", words: "a tie", press: () => say("tie")}, {keys: "s", words: "skip the pair", press: () => say("skip")},
    {keys: "u", words: "take the last word back", press: back},
  ]);
  stand(queue);

  async function sit(event) {
    event.preventDefault();
    who = labeller.value.trim();
    localStorage.setItem(WHO, who);
    said.length = 0;
    await attempt(async () => draw(await get(route(at(queue.id, "/next"), {labeller: who}), {signal})));
  }

  async function say(verdict) {
    if (!shown || busy) return;
    const {key} = shown;
    await attempt(async () => {
      const next = await post(at(queue.id, "/verdicts"), {body: JSON.stringify({pair: key, labeller: who, verdict})});
      said.push(key);
      draw(next);
    });
  }

  async function back() {
    if (busy) return;
    if (!said.length) {
      tell("nothing of this sitting is left to take back");
      return;
    }
    await attempt(async () => {
      const next = await post(at(queue.id, "/verdicts"), {body: JSON.stringify({pair: said.at(-1), labeller: who, verdict: "none"})});
      said.pop();
      draw(next);
    });
  }

  async function attempt(work) {
    busy = true;
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) tell(error.message, "bad");
    } finally {
      busy = false;
    }
  }

  function draw(told) {
    shown = told.pair;
    const place = el("h2", {tabindex: "-1"}, shown ? `Pair ${told.done + 1} of ${told.pairs}` : `All ${told.pairs} pairs have your word`);
    const measure = el("progress", {max: told.pairs, value: told.done, "aria-label": "pairs that have your word"});
    put(desk, el("section", {class: "card", "aria-label": "The pair"}, el("div", {class: "row"}, place, el("span", {class: "grow"}), measure), shown ? [
      shown.prompt.map(({role, content}) => [el("h3", {}, role), el("pre", {tabindex: "0"}, content)]),
      el("div", {class: "sample"}, side("Left response", shown.left), side("Right response", shown.right)),
      el("div", {class: "row end"}, button("Take back (u)", back, {kind: "quiet"}), button("Skip (s)", () => say("skip"), {kind: "quiet"}),
        button("Left is better (1)", () => say("left")), button("Tie (=)", () => say("tie")), button("Right is better (2)", () => say("right"))),
    ] : el("div", {class: "row end"}, button("Take back (u)", back, {kind: "quiet"}))));
    place.focus({preventScroll: true});
    if (!shown || told.done % 10 === 0) get(at(queue.id), {signal}).then(stand, () => {});
  }

  function side(words, text) {
    return el("section", {"aria-label": words}, el("h3", {}, words), el("pre", {class: "response", tabindex: "0"}, text));
  }

  function stand(found) {
    put(standing, el("h2", {}, "Labellers"), Object.keys(found.labellers).length ? [
      scrolls("Labellers", el("table", {}, el("thead", {}, el("tr", {}, ["labeller", "pairs", ...Object.values(WORDS)].map((word) => el("th", {scope: "col"}, word)))),
        el("tbody", {}, Object.entries(found.labellers).map(([name_, counts]) => el("tr", {}, el("th", {scope: "row"}, name_),
          el("td", {}, `${Object.values(counts).reduce((sum, count) => sum + count, 0)} of ${found.pairs}`), Object.keys(WORDS).map((word) => el("td", {}, counts[word] ?? 0))))))),
      found.agreement.map((two) => el("p", {}, `${two.labellers.join(" and ")} agree on ${two.agreed} of ${two.pairs} pairs`,
        two.kappa === null ? "" : `, kappa ${decimal(two.kappa)} (${decimal(two.interval[0])} to ${decimal(two.interval[1])})`)),
    ] : el("p", {class: "soft"}, "Nobody has said anything yet."));
  }

  async function make(event) {
    event.preventDefault();
    await attempt(async () => {
      const made = await post(at(queue.id, "/export"), {body: JSON.stringify({dataset: dataset.value, contradicting: contradicting.value})});
      const counts = Object.entries(made.counts).map(([what, count]) => `${what} ${count}`).join(", ");
      ask({title: `The data set ${made.dataset}`, body: el("div", {}, el("p", {}, `A preference job reads it as dataset://${made.dataset}: ${counts}.`)), choices: []});
    });
  }
}
