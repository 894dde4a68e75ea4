// Loading a tenant part by part: what is broken is named, with the place in its file.

import { apply, tagOf } from "./intrinsics.js";

/** `    at handler (routes/index.mjs:3:7)`; files of plugins for everybody are `plugins:…` and `package:<name>:…`. */
const frame = /(?:^|[\s(@])((?:plugins:|package:[^\s():]*:)?(?:\.{0,2}\/)?[\w@.][^\s():]*):(\d+)(?::(\d+))?\)?/;

/** The innermost place in a tenant's own file. */
function placeIn(stack, file) {
  for (const line of String(stack ?? "").split("\n")) {
    if (line.includes("prelude:") || line.includes("made:") || line.includes("(native)")) continue;
    const match = frame.exec(line);
    if (match) return { file: match[1], line: Number(match[2]), column: match[3] ? Number(match[3]) : null };
  }
  return { file, line: null, column: null };
}

function text(value, otherwise) {
  try {
    return value === undefined || value === null ? otherwise : String(value).slice(0, 4096);
  } catch {
    return otherwise;
  }
}

function messageOf(error) {
  let name;
  let message;
  let code;
  try {
    ({ name, message, code } = Object(error));
  } catch {
    return "an error that cannot be read";
  }
  const what = text(message, undefined) || (error instanceof Error ? "an error without a message" : `thrown: ${text(error, tagOf(error))}`);
  const kind = text(code, undefined) ?? text(name, undefined);
  return kind && kind !== "Error" && !what.startsWith(kind) ? `${kind}: ${what}` : what;
}

export class Parts {
  constructor(onError) {
    this.keepsOut = onError === "tenant";
    this.errors = [];
  }

  failed(part, file, error) {
    let stack;
    try {
      stack = error?.stack;
    } catch {
      // A hostile one has no place.
    }
    this.errors.push({ part, ...placeIn(stack, file), message: messageOf(error) });
  }

  /** Runs a step; its error is noted as the part's. Undefined if it failed. */
  async attempt(part, file, step) {
    try {
      return await apply(step, undefined, []);
    } catch (error) {
      this.failed(part, file, error);
      return undefined;
    }
  }
}

/** A module's default export; for one without, what it exports. */
export async function importDefault(module) {
  const loaded = await import(`./${module}`);
  return { value: loaded.default ?? loaded, module: loaded };
}
