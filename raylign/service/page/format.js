// Numbers as people read them: the same words as the terminal's and the report's.

export const NONE = "–";

/** To whole numbers as the terminal and the report round: a half goes to the even one. */
function whole(value) {
  const near = Math.round(value);
  return Math.abs(value % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

export function percent(share) {
  return share === null || share === undefined ? NONE : `${whole(100 * share)}%`;
}

export function decimal(value, digits = 2) {
  return value === null || value === undefined || !Number.isFinite(value) ? NONE : value.toFixed(digits);
}

/** A number in about six characters: 0.25, 1.2e-4, 5,800. */
export function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size >= 10_000) return Math.round(value).toLocaleString("en");
  if (size !== 0 && size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(size >= 1000 ? 4 : 3)));
}

export function points(before, after) {
  if (before === null || before === undefined || after === null || after === undefined) return "";
  const change = whole(100 * after) - whole(100 * before);
  return change > 0 ? `+${change}` : String(change);
}

/** 0:42, 12:05 or 3:10:00. */
export function clock(seconds) {
  const all = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function ago(time) {
  const seconds = Math.max(0, Date.now() / 1000 - time);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

export function moment(time) {
  return new Date(1000 * time).toLocaleString("en-GB", {dateStyle: "medium", timeStyle: "medium"});
}

export function hour(time) {
  return new Date(1000 * time).toLocaleTimeString("en-GB");
}

export function gib(bytes) {
  return bytes === null || bytes === undefined ? "unknown" : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
