// What can be done to a job now. A button stands where the job's links name a route, and nowhere else.

import {post, remove} from "./api.js";
import {button, el, tell} from "./dom.js";
import {ask} from "./shortcuts.js";

const ENDED = ["succeeded", "failed", "cancelled"];

export const ended = (job) => ENDED.includes(job.state);

const ACTIONS = [
  {
    name: "resume", words: "Resume", key: "r",
    fits: (job) => (job.state === "paused" || job.state === "pausing") && job.desired !== "run", kind: "main",
  },
  {
    name: "pause", words: "Pause", key: "p",
    fits: (job) => !ended(job) && job.desired === "run" && job.state !== "cancelling",
  },
  {
    name: "cancel", words: "Cancel", key: "c",
    fits: (job) => !ended(job) && job.state !== "cancelling",
    warning: "The job stops. Its last checkpoint stays.", kind: "bad",
  },
  {name: "retry", words: "Retry", key: "t", fits: (job) => job.state === "failed" || job.state === "cancelled"},
  {
    name: "self", words: "Delete", key: "d", fits: ended, send: remove,
    warning: "Its events, checkpoints and model go with it, and do not come back.", kind: "bad",
  },
];

/** The actions that fit a job's state, as `{key, words, press}`; `done` hears of the job as it is afterwards, null where
 * it is no more. */
export function actions(job, done) {
  return ACTIONS.filter((action) => job.links[action.name] && action.fits(job)).map((action) => ({
    ...action, keys: action.key, words: action.words, press: () => take(action, job, done),
  }));
}

/** Their buttons. */
export function buttons(job, done) {
  return actions(job, done).map(({words, press, kind, key}) =>
    button(words, press, {kind: {bad: "danger", main: "main"}[kind] ?? "", title: `${words} (${key})`}));
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
    done(await (action.send ?? post)(job.links[action.name]));
  } catch (error) {
    tell(error.message, "bad");
  }
}
