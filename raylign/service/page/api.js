// The gateway's API, called with the key of whoever opened the page.

const KEY = "raylign.key";
const SILENCE_MS = 45_000; // the gateway says something every 15 s: a longer silence is a dead connection

/** What the gateway answered instead: a problem document. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export const key = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

let refused = () => {};

/** Who hears that the key is not, or no longer, taken. */
export function onRefused(listener) {
  refused = listener;
}

async function send(method, path, {body, headers = {}, signal, as = key.get()} = {}) {
  let response;
  try {
    response = await fetch(path, {
      method, body, signal, cache: "no-store", credentials: "omit",
      headers: {Authorization: `Bearer ${as ?? ""}`, ...headers},
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "the gateway does not answer");
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    if (response.status === 401 && as === key.get()) refused();
    throw new Problem(response.status, told.detail ?? `the gateway answered ${response.status}`);
  }
  return response;
}

/** A path with its query; parameters that are null are left out, lists stand once for each item. */
export function route(path, query = {}) {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().filter((one) => one !== null && one !== undefined && one !== "").map((one) => [name, one]));
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
}

/** What a path answers; `as`: with this key instead of the one that is kept. */
export async function get(path, {signal, as} = {}) {
  return (await send("GET", path, {signal, as})).json();
}

export async function post(path, {body, type = "application/json", headers = {}, signal} = {}) {
  const content = body === undefined ? {} : {body, headers: {...headers, "Content-Type": type}};
  const response = await send("POST", path, {headers, signal, ...content});
  return response.status === 204 ? null : response.json();
}

export async function put(path, {body, signal} = {}) {
  return (await send("PUT", path, {body, headers: {"Content-Type": "application/json"}, signal})).json();
}

/** Put a part of a file where it belongs: `range` as in Content-Range. */
export async function sendPart(path, part, range, {signal} = {}) {
  const headers = {"Content-Range": range, "Content-Type": "application/octet-stream"};
  return (await send("PUT", path, {body: part, headers, signal})).json();
}

/** Delete what a path names. */
export async function remove(path) {
  await send("DELETE", path);
  return null;
}

export async function text(path, {signal} = {}) {
  return (await send("GET", path, {signal})).text();
}

/** All events of a job from the first to its end, in batches as they come; each once, over any number of lost connections.
 *
 * Events numbered 0 are the gateway's own words on the job's state. `onConnection(true | false)` hears how the line is. */
export async function* follow(id, {kinds, signal, onConnection = () => {}}) {
  let after = 0;
  let wait = 500;
  while (!signal.aborted) {
    try {
      for await (const batch of listen(route(`/v1/jobs/${id}/events`, {kind: kinds}), after, signal)) {
        onConnection(true);
        wait = 500;
        for (const event of batch) after = Math.max(after, event.seq);
        yield batch;
      }
      const job = await get(`/v1/jobs/${id}`, {signal});
      if (job.finished_at !== null) {
        const rest = await get(route(`/v1/jobs/${id}/events`, {kind: kinds, after, limit: 1}), {signal});
        if (rest.data.length === 0) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if ([401, 404, 422].includes(error.status)) throw error;
      onConnection(false);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(2 * wait, 5000);
  }
}

async function* listen(path, after, signal) {
  const line = new AbortController();
  const hang = () => line.abort();
  signal.addEventListener("abort", hang);
  let watch = setTimeout(hang, SILENCE_MS);
  try {
    const headers = {Accept: "text/event-stream", "Last-Event-ID": String(after)};
    const response = await send("GET", path, {headers, signal: line.signal});
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    while (true) {
      const {value, done} = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(hang, SILENCE_MS);
      const parts = (held + value).replaceAll("\r\n", "\n").split("\n\n");
      held = parts.pop();
      yield parts.flatMap(message);
    }
  } finally {
    clearTimeout(watch);
    signal.removeEventListener("abort", hang);
    line.abort();
  }
}

/** The event in one message of the stream; none in a comment. */
function message(part) {
  const lines = part.split("\n").filter((line) => line.startsWith("data:"));
  return lines.length ? [JSON.parse(lines.map((line) => line.slice(5).trimStart()).join("\n"))] : [];
}
