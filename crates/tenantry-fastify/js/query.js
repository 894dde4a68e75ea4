// The query of a URL as an object: `a=1&b=2&b=3` is `{ a: "1", b: ["2", "3"] }`.

import { create, isArray } from "./intrinsics.js";

function decode(text) {
  const spaced = text.indexOf("+") === -1 ? text : text.replaceAll("+", " ");
  if (spaced.indexOf("%") === -1) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

export function parseQuery(text) {
  const query = create(null);
  if (text === "") return query;
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const key = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? "" : decode(pair.slice(equals + 1));
    const before = query[key];
    if (before === undefined) query[key] = value;
    else if (isArray(before)) before.push(value);
    else query[key] = [before, value];
  }
  return query;
}

/** What is behind the `?`. */
export function queryOf(url) {
  const at = url.indexOf("?");
  if (at === -1) return "";
  const hash = url.indexOf("#", at);
  return hash === -1 ? url.slice(at + 1) : url.slice(at + 1, hash);
}
