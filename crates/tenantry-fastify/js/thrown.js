// What is told of anything that may have been thrown: its fields may be anything, and to read them may throw.

import { AnyError, asObject, asText, isInstance, slice, toJson } from "./intrinsics.js";

/** The longest text that is told of it. */
const longest = 4096;

/** As text; `otherwise` where there is none, or it cannot be read. */
export function textOf(value, otherwise) {
  try {
    return value === undefined || value === null ? otherwise : slice(asText(value), 0, longest);
  } catch {
    return otherwise;
  }
}

/** The message alone, whole; undefined where there is none, or it cannot be read. */
export function messageOf(error) {
  try {
    const { message } = error;
    return message === undefined ? undefined : asText(message);
  } catch {
    return undefined;
  }
}

/** What was thrown that is no error: nobody knows in which line. */
function noError(value) {
  let shown;
  try {
    shown = slice(toJson(value) ?? asText(value), 0, longest);
  } catch {
    shown = "a value that cannot be read";
  }
  return `thrown: ${shown}, which is no Error and so has no line`;
}

/** One line: what kind of error it is, and its message. */
export function lineOf(error) {
  let name;
  let message;
  let code;
  let isError;
  try {
    ({ name, message, code } = asObject(error));
    isError = isInstance(AnyError, error);
  } catch {
    return "an error that cannot be read";
  }
  const what = textOf(message, undefined) || (isError ? "an error without a message" : noError(error));
  const kind = textOf(code, undefined) ?? textOf(name, undefined);
  return kind && kind !== "Error" && slice(what, 0, kind.length) !== kind ? `${kind}: ${what}` : what;
}
