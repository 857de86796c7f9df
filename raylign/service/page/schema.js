// What the schema says of a key, wherever it may stand.

import {el} from "./dom.js";

const MOST = 6;

/** From a key to what is known of it, as a node; null where there is no such key. */
export function explainer(schema) {
  const places = new Map(); // by key: [{of, property, required}]
  const models = {Job: schema, ...schema.$defs};
  for (const [name, model] of Object.entries(models)) {
    for (const [key, property] of Object.entries(model.properties ?? {})) {
      if (!places.has(key)) places.set(key, []);
      places.get(key).push({of: name, property, required: (model.required ?? []).includes(key)});
    }
  }
  return (key) => {
    const found = places.get(key);
    if (!found) return null;
    const told = new Map();
    for (const {of, property, required} of found) {
      const words = `${property.description ?? ""}\n${range(property, required)}`;
      told.set(words, [...(told.get(words) ?? []), of]);
    }
    return el("dl", {}, [...told].slice(0, MOST).map(([words, of]) => {
      const [description, bounds] = words.split(/\n(?=[^\n]*$)/);
      return [el("dt", {}, el("code", {}, key), el("span", {class: "soft small"}, ` of ${of.slice(0, 4).join(", ")}${of.length > 4 ? ", ..." : ""}`)),
        el("dd", {}, el("p", {}, description), el("p", {class: "small soft"}, bounds))];
    }));
  };
}

function range(property, required) {
  const options = property.anyOf ?? property.oneOf ?? [property];
  const kinds = options.map((one) => one.const !== undefined ? JSON.stringify(one.const) : one.enum ? one.enum.join(" | ") : one.$ref ? one.$ref.split("/").at(-1) : one.type).filter((kind) => kind && kind !== "null");
  const bounds = options.flatMap((one) => [
    one.minimum === undefined ? null : `at least ${one.minimum}`, one.exclusiveMinimum === undefined ? null : `above ${one.exclusiveMinimum}`,
    one.maximum === undefined ? null : `at most ${one.maximum}`, one.exclusiveMaximum === undefined ? null : `below ${one.exclusiveMaximum}`,
  ]).filter(Boolean);
  const otherwise = property.default === undefined ? null : `${JSON.stringify(property.default)} where absent`;
  return [[...new Set(kinds)].slice(0, 8).join(" or "), ...bounds, required ? "must be given" : otherwise].filter(Boolean).join(", ");
}
