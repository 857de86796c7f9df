// Events as lines: the words of the terminal's plain display.

import {percent} from "./format.js";

/** One event in words. */
export function words({kind, data}) {
  switch (kind) {
    case "status": return data.detail ? `${data.phase}: ${data.detail}` : data.phase ?? "";
    case "stage": return `${data.number} of ${data.stages}: ${data.stage} (${data.job})`;
    case "stage": return `${data.number} of ${data.stages}: ${data.stage} (${data.job})`;
    case "plan": return `${data.steps} steps, ${data.tasks?.length ?? 0} tasks, ${data.actors?.length ?? 0} actors`;
    case "evaluation": {
      const shares = Object.entries(data.tasks ?? {}).map(([task, one]) => `${task} ${percent(one.satisfied)}`);
      return `at step ${data.step}: satisfied ${shares.join(" ")}`;
    }
    case "step": return `step ${data.step + 1} of ${data.steps}`;
    case "checkpoint": return `of step ${data.step}: ${data.path}`;
    case "paused": return data.message || `after step ${data.step}`;
    case "warning": return data.message ?? "";
    case "pushed": return data.address ?? "";
    case "tracker": return `${data.tracker}: ${data.link}`;
    case "end": return [data.state, data.message].filter(Boolean).join(": ");
    default: return JSON.stringify(data);
  }
}
