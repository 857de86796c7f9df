// Keys and tenants, for who holds a key of an admin.

import {get, post} from "./api.js";
import {button, el, put, scrolls, tell} from "./dom.js";
import {ago, moment} from "./format.js";
import {badge} from "./jobs.js";
import {ask} from "./shortcuts.js";

const SCOPES = [["read,submit", "read and submit"], ["read", "read"], ["admin", "admin"]];

export async function keys(node, _, signal) {
  document.title = "Keys · raylign";
  const body = el("tbody");
  const field = (id, words, value) => [el("label", {for: id}, words), el("input", {id, value, required: true, autocomplete: "off"})];
  const [named, name] = field("key-name", "name", "");
  const [owned, tenant] = field("key-tenant", "tenant", "default");
  const scopes = el("select", {"aria-label": "Scopes"}, SCOPES.map(([value, words]) => el("option", {value}, words)));
  put(node, el("h1", {}, "Keys"),
    el("form", {class: "card row", on: {submit: make}}, named, name, owned, tenant, scopes, el("button", {type: "submit", class: "main"}, "Make a key")),
    el("div", {class: "card"}, scrolls("Keys", el("table", {}, el("thead", {}, el("tr", {}, ["name", "tenant", "scopes", "state", "made", "last used"].map((word) => el("th", {scope: "col"}, word)),
      el("th", {}, el("span", {class: "unseen"}, "actions")))), body))));
  await look();

  async function look() {
    const found = (await get("/v1/keys", {signal})).data;
    put(body, found.map((key) => el("tr", {},
      el("th", {scope: "row"}, key.name, el("div", {class: "mono small soft"}, key.id)), el("td", {}, key.tenant), el("td", {}, key.scopes.join(", ")),
      el("td", {}, badge(key.valid ? "valid" : key.revoked_at === null ? "expired" : "revoked")), el("td", {class: "soft"}, moment(key.created_at)),
      el("td", {class: "soft"}, key.used_at === null ? "never" : ago(key.used_at)),
      el("td", {class: "number"}, key.valid ? el("div", {class: "row end tight"}, button("Rotate", () => change(key, "rotate")), button("Revoke", () => change(key, "revoke"), {kind: "danger"})) : null))));
  }

  async function make(event) {
    event.preventDefault();
    await attempt(async () => shown(await post("/v1/keys", {body: JSON.stringify({name: name.value, tenant: tenant.value, scopes: scopes.value.split(",")})})));
  }

  async function change(key, what) {
    const words = what === "revoke" ? "Revoke" : "Rotate";
    const sure = await ask({title: `${words} ${key.name}?`, body: el("p", {}, what === "revoke" ? "It is taken no more from now on." : "A new key stands in its place; the old one is taken no more."), choices: [{name: "yes", words: `${words} it`, kind: "danger"}]});
    if (sure !== "yes") return;
    await attempt(async () => {
      const told = await post(`/v1/keys/${encodeURIComponent(key.id)}/${what}`);
      if (told.key) shown(told);
    });
  }

  function shown(made) {
    ask({title: `The key ${made.name}`, body: el("div", {}, el("p", {}, "It is shown this once: only its hash is kept."), el("pre", {class: "code", tabindex: "0"}, made.key)), choices: []});
  }

  async function attempt(work) {
    try {
      await work();
      await look();
    } catch (error) {
      tell(error.message, "bad");
    }
  }
}
