// What a tenant tells the service once: who hears of its jobs' ends, and the keys that its jobs name.

import {get, post, put as send, remove} from "./api.js";
import {button, el, put, scrolls, tell, write} from "./dom.js";
import {moment} from "./format.js";
import {ask} from "./shortcuts.js";

export async function settings(node, _, signal) {
  document.title = "Settings · raylign";
  put(node, el("h1", {}, "Settings"), await webhooks(signal), await secrets(signal));
}

function field(id, words, input) {
  input.id = id;
  return [el("label", {for: id}, words), input];
}

function table(label, head, body) {
  return scrolls(label, el("table", {}, el("thead", {}, el("tr", {}, head.map((word) => el("th", {scope: "col"}, word)), el("th", {}, el("span", {class: "unseen"}, "actions")))), body));
}

/** Do it, and look again; what went wrong is told. */
async function attempt(work, look) {
  try {
    await work();
    await look();
  } catch (error) {
    tell(error.message, "bad");
  }
}

async function sure(title, words) {
  return await ask({title, body: el("p", {}, words), choices: [{name: "yes", words: "Delete it", kind: "danger"}]}) === "yes";
}

async function webhooks(signal) {
  const body = el("tbody");
  const empty = el("p", {class: "soft small"});
  const url = el("input", {type: "url", required: true, autocomplete: "off", placeholder: "an address of HTTPS"});

  async function look() {
    const found = (await get("/v1/webhooks", {signal})).data;
    put(body, found.map((hook) => el("tr", {}, el("th", {scope: "row", class: "text"}, hook.url), el("td", {class: "soft"}, moment(hook.created_at)),
      el("td", {class: "number"}, el("div", {class: "row end tight"}, button("Messages", () => attempt(() => messages(hook), () => {}), {"aria-label": `Messages to ${hook.url}`}),
        button("Delete", () => discard(hook), {kind: "danger", "aria-label": `Delete ${hook.url}`}))))));
    write(empty, found.length ? "" : "None yet.");
  }

  async function make(event) {
    event.preventDefault();
    await attempt(async () => {
      const made = await post("/v1/webhooks", {body: JSON.stringify({url: url.value})});
      url.value = "";
      ask({title: "The webhook's secret", body: el("div", {}, el("p", {}, "It verifies what is sent, and is shown this once."), el("pre", {class: "code", tabindex: "0"}, made.secret)), choices: []});
    }, look);
  }

  async function messages(hook) {
    const sent = (await get(`/v1/webhooks/${encodeURIComponent(hook.id)}`, {signal})).deliveries;
    ask({title: "Its newest messages", body: sent.length ? el("ul", {class: "faults"}, sent.map((one) => el("li", {class: "text"},
      `${moment(one.created_at)}: ${one.kind}, ${one.job_id}, `, one.delivered_at ? "delivered" : one.next_at ? "to be tried" : "given up", one.error ? ` (${one.error})` : ""))) : el("p", {}, "It was told nothing yet."), choices: []});
  }

  async function discard(hook) {
    if (await sure(`Delete the webhook to ${hook.url}?`, "It is told no more.")) await attempt(() => remove(`/v1/webhooks/${encodeURIComponent(hook.id)}`), look);
  }

  await look();
  return el("section", {class: "card"}, el("h2", {}, "Webhooks"), el("p", {class: "soft small"}, "Told, by HTTPS, that a job of yours has ended."),
    el("form", {class: "row", on: {submit: make}}, field("webhook-url", "address", url), el("button", {type: "submit", class: "main"}, "Make a webhook")),
    table("Webhooks", ["address", "made"], body), empty);
}

async function secrets(signal) {
  const body = el("tbody");
  const empty = el("p", {class: "soft small"});
  const name = el("input", {required: true, autocomplete: "off", pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*"});
  const value = el("input", {type: "password", required: true, autocomplete: "off", minlength: "8"});

  async function look() {
    const found = (await get("/v1/secrets", {signal})).data;
    put(body, found.map((one) => el("tr", {}, el("th", {scope: "row", class: "mono"}, `secret://${one.name}`), el("td", {}, one.tenant), el("td", {class: "soft"}, moment(one.set_at)),
      el("td", {class: "number"}, button("Delete", () => discard(one), {kind: "danger", "aria-label": `Delete ${one.name}`})))));
    write(empty, found.length ? "" : "None yet.");
  }

  async function keep(event) {
    event.preventDefault();
    await attempt(async () => {
      await send(`/v1/secrets/${encodeURIComponent(name.value)}`, {body: JSON.stringify({value: value.value}), signal});
      name.value = value.value = "";
    }, look);
  }

  async function discard(one) {
    if (await sure(`Delete secret://${one.name}?`, "Jobs that name it can begin no more.")) await attempt(() => remove(`/v1/secrets/${encodeURIComponent(one.name)}`), look);
  }

  await look();
  return el("section", {class: "card"}, el("h2", {}, "Secrets"), el("p", {class: "soft small"}, "Keys that jobs name and never hold: ", el("code", {}, "secrets: {hub: secret://NAME}"), ". A value goes there and does not come back."),
    el("form", {class: "row", on: {submit: keep}}, field("secret-name", "name", name), field("secret-value", "value", value), el("button", {type: "submit", class: "main"}, "Keep it")),
    table("Secrets", ["name", "tenant", "set"], body), empty);
}
