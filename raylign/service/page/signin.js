// The key, entered once for as long as the tab is open.

import {get, key} from "./api.js";
import {el, put} from "./dom.js";

/** Ask for the key until the gateway takes one; it is kept then. */
export function signIn(node, signal) {
  return new Promise((resolve) => {
    const field = el("input", {id: "key", name: "key", type: "password", autocomplete: "current-password", required: true, spellcheck: "false"});
    const wrong = el("p", {class: "bad", role: "alert"});
    const form = el("form", {class: "card sign-in", on: {submit: tryIt}},
      el("h1", {}, "Who is there?"),
      el("label", {for: "key"}, "API key"), field,
      el("p", {class: "soft small"}, "It lies in the file ", el("code", {}, "api_key"), " of the service's home, and is kept in this tab alone."),
      wrong, el("button", {type: "submit", class: "main"}, "Open"));
    put(node, form);
    document.title = "raylign";
    field.focus();
    signal.addEventListener("abort", () => resolve());

    async function tryIt(event) {
      event.preventDefault();
      const given = field.value.trim();
      try {
        put(wrong);
        await get("/v1/jobs?limit=1", {signal, as: given});
        key.set(given);
        resolve();
      } catch (error) {
        if (!signal.aborted) put(wrong, error.status === 401 ? "This is not the gateway's key." : error.message);
      }
    }
  });
}
