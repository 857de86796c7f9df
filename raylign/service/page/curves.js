// Which curves there are of a run, in the words of the report.

export const satisfied = (task) => task.satisfied;
export const reward = (task) => task.reward;
export const kl = (task) => task.kl;
export const tokens = (task) => task.tokens;

const MOST_LINES = 10;

/** The curves that everybody looks at first: `{title, share, limit, lines(history)}`. */
export function curves(task, history) {
  const pair = (label, metric) => (now) => [
    {label, points: now.series(task, metric)},
    {label: "evaluation", points: now.marks(task, metric), hue: "accent", dots: true},
  ];
  const table = (name) => (now) => now.labels(task, name).slice(0, MOST_LINES)
    .map((label) => ({label, points: now.series(task, (one) => one[name]?.[label] ?? null)}));
  const together = (...parts) => (now) => parts.flatMap((part) => part(now));
  return [
    {title: "satisfied", share: true, lines: together(pair("all judges", satisfied), severalOf(table("judges")))},
    {title: "reward", lines: together(pair("reward", reward), table("rewards"))},
    {title: "KL, nats per response", limit: history.planned(task)?.kl_max ?? null, lines: pair("KL", kl)},
    {title: "tokens per response", lines: pair("tokens", tokens)},
  ];
}

/** What else a task's steps tell. */
export function further(task) {
  const table = (name, value = (one) => one) => (now) => now.labels(task, name).slice(0, MOST_LINES)
    .map((label) => ({label, points: now.series(task, (one) => value(one[name]?.[label] ?? null))}));
  return [
    {title: "calibrated reward", lines: (now) => [{label: "calibrated", points: now.series(task, (one) => one.calibrated)}]},
    {title: "abstained and cut off", share: true, lines: (now) => [
      {label: "abstained", points: now.series(task, (one) => one.abstained)},
      {label: "cut off", points: now.series(task, (one) => one.truncated)}]},
    {title: "seconds of a verdict", lines: table("verdicts", (one) => one?.mean_s ?? null)},
    {title: "canary agreement", share: true, lines: table("canaries", (one) => one?.agreement ?? null)},
    {title: "the method's own figures", lines: table("method")},
    {title: "the loss's own figures", lines: (now) => trainedLabels(now, task).map((label) =>
      ({label, points: trained(now, (train) => train.loss_metrics?.[task]?.[label])}))},
    {title: "gradient norm", lines: (now) => [{label: "norm", points: trained(now, (train) => train.grad_norm_by_task?.[task])}]},
  ];
}

/** Of the run as a whole. */
export function training() {
  const one = (label, pick) => (now) => [{label, points: trained(now, pick)}];
  return [
    {title: "loss", lines: one("loss", (train) => train.loss)},
    {title: "gradient norm", lines: one("norm", (train) => train.grad_norm)},
    {title: "learning rate", lines: one("rate", (train) => train.learning_rate)},
    {title: "log-prob gap, trainer to sampler", lines: one("largest", (train) => train.logprob_gap_max)},
    {title: "tokens per second", lines: (now) => [{label: "tokens/s", points: ofSteps(now, (step) => step.tokens_per_s)}]},
    {title: "staleness", lines: (now) => now.steps.some((step) => step.staleness)
      ? [{label: "steps", points: ofSteps(now, (step) => step.staleness)}] : []},
  ];
}

/** One judge alone says what all of them say. */
function severalOf(lines) {
  return (now) => {
    const found = lines(now);
    return found.length > 1 ? found : [];
  };
}

function ofSteps(history, pick) {
  return [history.steps.map((step) => step.step + 1), history.steps.map((step) => known(pick(step)))];
}

function trained(history, pick) {
  return ofSteps(history, (step) => pick(step.train ?? {}));
}

function trainedLabels(history, task) {
  return [...new Set(history.steps.flatMap((step) => Object.keys(step.train?.loss_metrics?.[task] ?? {})))].slice(0, MOST_LINES);
}

function known(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
