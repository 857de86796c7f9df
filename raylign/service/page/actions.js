// What can be done to a job now. A button stands where the job's links name a route, and nowhere else.

import {post} from "./api.js";
import {button, el, tell} from "./dom.js";
import {ask} from "./shortcuts.js";

const ENDED = ["succeeded", "failed", "cancelled"];

export const ended = (job) => ENDED.includes(job.state);

const ACTIONS = [
  {
    name: "cancel", words: "Cancel", key: "c",
    fits: (job) => !ended(job) && job.state !== "cancelling",
    warning: "The job stops. Its last checkpoint stays.", kind: "bad",
  },
];

/** The actions that fit a job's state, as `{key, words, press}`; `done` hears of the job as it is afterwards. */
export function actions(job, done) {
  return ACTIONS.filter((action) => job.links[action.name] && action.fits(job)).map((action) => ({
    ...action, keys: action.key, words: action.words, press: () => take(action, job, done),
  }));
}

/** Their buttons. */
export function buttons(job, done) {
  return actions(job, done).map(({words, press, kind, key}) =>
    button(words, press, {kind: kind === "bad" ? "danger" : "", title: `${words} (${key})`}));
}

async function take(action, job, done) {
  if (action.warning) {
    const choice = await ask({
      title: `${action.words} ${job.name}?`, body: el("p", {}, action.warning),
      choices: [{name: "yes", words: `${action.words} it`, kind: action.kind === "bad" ? "danger" : "main"}],
    });
    if (choice !== "yes") return;
  }
  try {
    done(await post(job.links[action.name]));
  } catch (error) {
    tell(error.message, "bad");
  }
}
