// Data sets: sent from here, listed, looked into, deleted.

import {get, post, remove, sendPart} from "./api.js";
import {button, el, put, scrolls, tell, write} from "./dom.js";
import {moment} from "./format.js";
import {badge} from "./jobs.js";
import {sha256} from "./sha256.js";
import {ask, whileHere} from "./shortcuts.js";

const FORMATS = ["jsonl", "jsonl.gz", "ndjson", "ndjson.gz", "json", "json.gz", "csv", "csv.gz", "tsv", "tsv.gz", "parquet"];
const PART = 8_000_000;
const LOOK_MS = 3000;

function size(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** `#/datasets`, or `#/datasets/NAME`. */
export async function datasets(node, [name], signal) {
  return name ? one(node, name, signal) : list(node, signal);
}

async function list(node, signal) {
  document.title = "Datasets · raylign";
  const body = el("tbody");
  const empty = el("p", {class: "soft"});
  const file = el("input", {type: "file", class: "unseen", tabindex: "-1", "aria-label": "The file", on: {change: () => { if (file.files.length) upload(file.files[0]); }}});
  const add = button("Upload a file", () => file.click(), {kind: "main"});
  const line = el("div", {role: "status"});
  put(node, el("div", {class: "row"}, el("h1", {}, "Datasets"), el("span", {class: "grow"}), file, add), line,
    el("div", {class: "card"}, scrolls("Datasets", el("table", {}, el("thead", {}, el("tr", {}, ["name", "state", "format", "size", "since"].map((word) => el("th", {scope: "col"}, word)),
      el("th", {}, el("span", {class: "unseen"}, "actions")))), body)), empty));
  whileHere(signal, [{keys: "u", words: "upload a file", press: () => file.click()}]);
  let shape = "";

  async function look() {
    const found = (await get("/v1/datasets?limit=200", {signal})).data;
    if (JSON.stringify(found) === shape) return;
    shape = JSON.stringify(found);
    put(body, found.map((set) => el("tr", {},
      el("th", {scope: "row"}, el("a", {href: `#/datasets/${encodeURIComponent(set.name)}`}, set.name)),
      el("td", {}, badge(set.state)), el("td", {}, set.format),
      el("td", {}, set.state === "uploading" ? `${size(set.received)} of ${size(set.bytes)}` : size(set.bytes)),
      el("td", {class: "soft"}, moment(set.created_at)),
      el("td", {class: "number"}, button("Delete", () => discard(set, look), {kind: "danger"})))));
    write(empty, found.length ? "" : "None yet: send one from here, or by `raylign datasets`. A job reads it as dataset://NAME.");
  }

  async function upload(chosen) {
    file.value = "";
    add.disabled = true;
    const told = el("span", {});
    const measure = el("progress", {max: chosen.size, value: 0, "aria-label": "bytes"});
    put(line, el("div", {class: "card progress wide"}, told, measure));
    try {
      const format = FORMATS.filter((one_) => chosen.name.endsWith(`.${one_}`)).at(-1);
      if (!format) throw new Error(`${chosen.name} is of no known format: ${FORMATS.join(", ")}`);
      const name = chosen.name.slice(0, -format.length - 1).replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[._-]+/, "").slice(0, 64) || "data";
      write(told, `${name}: digest`);
      const digest = await sha256(chosen, (done) => { measure.value = done; });
      let made = await post("/v1/datasets", {body: JSON.stringify({name, format, bytes: chosen.size, sha256: digest}), signal});
      write(told, `${name}: sending`);
      for (let at = made.received; made.state === "uploading" && at < chosen.size; at += PART) {
        const part = chosen.slice(at, at + PART);
        made = await sendPart(`/v1/datasets/${encodeURIComponent(name)}/content`, part, `bytes ${at}-${at + part.size - 1}/${chosen.size}`, {signal});
        measure.value = at + part.size;
      }
      tell(`${name} is ${made.state}`);
    } catch (error) {
      if (!signal.aborted) tell(error.message, "bad");
    } finally {
      put(line);
      add.disabled = false;
      if (!signal.aborted) await look();
    }
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

async function discard(set, then) {
  const sure = await ask({title: `Delete ${set.name}?`, body: el("p", {}, "It goes for every job of your tenant."), choices: [{name: "yes", words: "Delete it", kind: "danger"}]});
  if (sure !== "yes") return;
  try {
    await remove(`/v1/datasets/${encodeURIComponent(set.id)}`);
    await then();
  } catch (error) {
    tell(error.message, "bad");
  }
}

async function one(node, name, signal) {
  const path = `/v1/datasets/${encodeURIComponent(name)}`;
  const set = await get(path, {signal});
  const rows = set.state === "ready" ? (await get(`${path}/rows?limit=20`, {signal})).data : [];
  document.title = `${set.name} · raylign`;
  const found = set.inspection;
  put(node,
    el("div", {class: "row"}, el("h1", {}, set.name), badge(set.state), el("span", {class: "grow"}), set.state === "ready" ? el("a", {href: `#/new/of/${encodeURIComponent(set.name)}`}, "New job of it") : null, button("Delete", () => discard(set, () => { location.hash = "#/datasets"; }), {kind: "danger"})),
    el("p", {class: "small soft"}, `${set.format}, ${size(set.bytes)}, ${moment(set.created_at)}. A job reads it as `, el("code", {}, `dataset://${set.name}`)),
    set.refused || set.failure ? el("p", {class: "bad"}, set.refused || set.failure) : null,
    found ? el("section", {class: "card"}, el("h2", {}, "What is in it"),
      el("p", {}, `${found.usable.toLocaleString("en")} of ${found.rows.toLocaleString("en")} rows can be used. `, found.means),
      el("ul", {class: "faults"}, Object.entries(found.faults).map(([reason, fault]) => el("li", {class: "bad text"}, `${fault.rows} rows: ${reason}`))),
      found.extra.length ? el("p", {class: "soft small"}, `metadata: ${found.extra.join(", ")}`) : null) : null,
    rows.length ? el("section", {class: "card"}, el("h2", {}, "Its first rows"), rows.map((row) =>
      el("div", {class: "dataset-row"}, el("p", {class: "soft small"}, row.place), el("pre", {class: "code", tabindex: "0"}, row.text)))) : null,
    el("p", {class: "small mono soft"}, `sha256 ${set.sha256}`));
}
