// A run as its events tell it: what raylign/record/history.py is to terminal and report.

const WINDOW = 3; // steps averaged where one number stands for "at the start" or "now"

export const PHASES = ["draw", "generate", "judge", "select", "score", "pack", "step", "norms", "publish"];

/** Mean of the numbers that are known; null where none is. */
export function mean(values) {
  const known = values.filter((value) => typeof value === "number" && Number.isFinite(value));
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

export class History {
  stage = null; // of a recipe, the one that all below is of
  stage = null; // of a recipe: the one that is told of now
  before = []; // the stages that are done, each a history
  plan = null;
  steps = [];
  evaluations = new Map(); // by step: {step, time, tasks}
  checkpoints = [];
  warnings = [];
  trackers = new Map();
  phase = "";
  detail = "";
  end = null;
  started = null;
  latest = null;
  log = []; // events for people to read, in order
  version = 0; // grows with every event

  /** Take in one event. Those numbered 0 are the gateway's own words on the job's state. */
  add(event) {
    const {kind, data, time} = event;
    this.version += 1;
    if (event.seq === 0) {
      [this.phase, this.detail] = [data.phase ?? "", data.detail ?? ""];
      return;
    }
    this.started ??= time;
    this.latest = time;
    if (kind !== "warning") this.end = null;
    if (kind !== "step" && kind !== "samples") this.log.push(event);
    switch (kind) {
      case "status": [this.phase, this.detail] = [data.phase ?? "", data.detail ?? ""]; break;
      case "stage": this.turnTo(data); break;
      case "stage": this.#turnTo(data); break;
      case "plan": this.plan = data; break;
      case "evaluation": this.evaluations.set(data.step, {...data, time}); break;
      case "step":
        while (this.steps.length && this.steps.at(-1).step >= data.step) this.steps.pop();
        this.steps.push({...data, time});
        [this.phase, this.detail] = ["training", ""];
        break;
      case "checkpoint": this.checkpoints.push({...data, time}); break;
      case "warning": this.warnings.push({...data, time}); break;
      case "tracker": this.trackers.set(data.tracker, data.link); break;
      case "paused": [this.phase, this.detail] = ["paused", data.message ?? ""]; break;
      case "end": this.end = data; break;
    }
  }

  /** What follows is said of another stage, unless it is the same one that goes on. */
  turnTo(begun) {
    if (this.stage && this.stage.stage !== begun.stage) {
      this.before.push(Object.assign(new History(), {...this, before: []}));
      [this.plan, this.steps, this.evaluations] = [null, [], new Map()];
    }
    this.stage = begun;
    [this.phase, this.detail] = [`stage ${begun.number} of ${begun.stages}`, begun.stage];
  }

  /** What follows is said of another stage, unless it is the same one that goes on. */
  #turnTo(begun) {
    if (this.stage !== null && this.stage.stage !== begun.stage) {
      this.before.push(Object.assign(new History(), {...this, before: []}));
      [this.plan, this.steps, this.evaluations] = [null, [], new Map()];
    }
    this.stage = begun;
  }

  /** Its stages so far, in order; itself where it is no recipe's. */
  get chapters() { return [...this.before, this]; }

  get newest() { return this.steps.at(-1) ?? null; }

  get total() { return this.newest?.steps || this.plan?.steps || 0; }

  get done() { return this.newest ? this.newest.step + 1 : 0; }

  get secondsLeft() {
    const pace = mean(this.steps.slice(-10).map((step) => step.step_s));
    return pace === null || !this.total ? null : pace * Math.max(this.total - this.done, 0);
  }

  get tasks() {
    const planned = (this.plan?.tasks ?? []).map((task) => task.name);
    const measured = [...this.evaluations.values(), ...this.steps.slice(-1)].flatMap((one) => Object.keys(one.tasks ?? {}));
    return [...new Set([...planned, ...measured])];
  }

  planned(task) { return (this.plan?.tasks ?? []).find((one) => one.name === task) ?? null; }

  evaluation(task, {last}) {
    const at = [...this.evaluations.keys()].sort((a, b) => a - b);
    return at.length ? this.evaluations.get(at.at(last ? -1 : 0)).tasks?.[task] ?? null : null;
  }

  get measuredTwice() { return this.evaluations.size > 1; }

  /** A metric before and now: by the first and last evaluations, where there are two; else by first and last steps. */
  change(task, metric) {
    const first = this.evaluation(task, {last: false});
    const last = this.evaluation(task, {last: true});
    const now = mean(this.steps.slice(-WINDOW).map((step) => step.tasks?.[task]).filter(Boolean).map(metric));
    if (this.measuredTwice) return [first ? metric(first) : null, last ? metric(last) : null];
    const start = mean(this.steps.slice(0, WINDOW).map((step) => step.tasks?.[task]).filter(Boolean).map(metric));
    return [first ? metric(first) : start, now];
  }

  /** Labels that occur in one of a task's tables, such as `judges`, in steps or evaluations. */
  labels(task, table) {
    const seen = new Set();
    for (const one of [...this.evaluations.values(), ...this.steps]) {
      for (const label of Object.keys(one.tasks?.[task]?.[table] ?? {})) seen.add(label);
    }
    return [...seen];
  }

  /** Steps made, and a metric after each: `[[1, 2, ...], [0.5, null, ...]]`. */
  series(task, metric) {
    return [this.steps.map((step) => step.step + 1), this.steps.map((step) => number(step.tasks?.[task], metric))];
  }

  /** The same of evaluations. */
  marks(task, metric) {
    const made = [...this.evaluations.values()].sort((a, b) => a.step - b.step);
    return [made.map((one) => one.step), made.map((one) => number(one.tasks?.[task], metric))];
  }

  skips(task) {
    const total = new Map();
    for (const step of this.steps) {
      for (const [reason, count] of Object.entries(step.tasks?.[task]?.skips ?? {})) {
        total.set(reason, (total.get(reason) ?? 0) + count);
      }
    }
    return [...total].sort((a, b) => b[1] - a[1]);
  }

  /** Seconds by phase over all steps, in the order of the loop. */
  seconds() {
    const total = new Map(PHASES.map((phase) => [phase, 0]));
    for (const step of this.steps) {
      for (const [phase, spent] of Object.entries(step.seconds ?? {})) total.set(phase, (total.get(phase) ?? 0) + spent);
    }
    return new Map([...total].filter(([, spent]) => spent > 0));
  }
}

function number(task, metric) {
  const value = task ? metric(task) : null;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
