// Loading a tenant part by part: what is broken is named, with the place in its file.

import { apply, assign, toJson } from "./intrinsics.js";

/** `    at handler (routes/index.mjs:3:7)`; files of plugins for everybody are `plugins:…` and `package:<name>:…`. */
const frame = /(?:^|[\s(@])((?:plugins:|package:[^\s():]*:)?(?:\.{0,2}\/)?[\w@.][^\s():]*):(\d+)(?::(\d+))?\)?/;

/** The innermost place in a tenant's own file. */
function placeIn(stack, file) {
  for (const line of text(stack, "").split("\n")) {
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

function stackOf(error) {
  try {
    return error?.stack;
  } catch {
    // A hostile one has no place.
    return undefined;
  }
}

/** What was thrown that is no error: nobody knows in which line. */
function thrown(value) {
  let shown;
  try {
    shown = (toJson(value) ?? String(value)).slice(0, 4096);
  } catch {
    shown = "a value that cannot be read";
  }
  return `thrown: ${shown}, which is no Error and so has no line`;
}

/** One line for anything that may have been thrown. */
export function messageOf(error) {
  let name;
  let message;
  let code;
  try {
    ({ name, message, code } = Object(error));
  } catch {
    return "an error that cannot be read";
  }
  const what = text(message, undefined) || (error instanceof Error ? "an error without a message" : thrown(error));
  const kind = text(code, undefined) ?? text(name, undefined);
  return kind && kind !== "Error" && !what.startsWith(kind) ? `${kind}: ${what}` : what;
}

/** An error whose mistake is not where the error was made. `where` has what is known better than by whoever tells of it: `part`,
 * `file` and `stack`; `schema` and `pointer` for a schema of a file that has no lines here; a `note` behind the message. */
export class Misplaced {
  constructor(error, where) {
    this.error = error;
    this.where = where;
  }
}

/** The part whose code runs now, where it is not a plugin's. */
export let running;

export class Parts {
  constructor(onError) {
    this.keepsOut = onError === "tenant";
    this.errors = [];
  }

  failed(part, file, given) {
    const error = given instanceof Misplaced ? given.error : given;
    const where = given instanceof Misplaced ? given.where : {};
    const place = placeIn(where.stack ?? stackOf(error), where.file ?? file);
    const message = messageOf(error) + (where.note ?? "");
    const { schema, pointer } = where;
    this.errors.push(assign({ part: where.part ?? part, message, schema, pointer }, place));
  }

  /** Runs a step; its error is noted as the part's. Undefined if it failed. */
  async attempt(part, file, step) {
    running = { part, file };
    try {
      return await apply(step, undefined, []);
    } catch (error) {
      this.failed(part, file, error);
      return undefined;
    } finally {
      running = undefined;
    }
  }
}

/** A module's default export; for one without, what it exports. */
export async function importDefault(module) {
  const loaded = await import(`./${module}`);
  return { value: loaded.default ?? loaded, module: loaded };
}
