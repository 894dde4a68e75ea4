// Loading a tenant part by part: what is broken is named, with the place in its file.

import { apply, asNumber, assign, create, exec, indexOf, isInstance, slice } from "./intrinsics.js";
import { lineOf, textOf } from "./thrown.js";

/** `    at handler (routes/index.mjs:3:7)`; files of plugins for everybody are `plugins:…` and `package:<name>:…`. */
const frame = /(?:^|[\s(@])((?:plugins:|package:[^\s():]*:)?(?:\.{0,2}\/)?[\w@.][^\s():]*):(\d+)(?::(\d+))?\)?/;

/** Whether it is a line of the program's own. */
function isOurs(line) {
  return indexOf(line, "prelude:") !== -1 || indexOf(line, "made:") !== -1 || indexOf(line, "(native)") !== -1;
}

/** The innermost place in a tenant's own file. */
function placeIn(stack, file) {
  const lines = textOf(stack, "");
  for (let from = 0, end; from <= lines.length; from = end + 1) {
    end = indexOf(lines, "\n", from);
    if (end === -1) end = lines.length;
    const line = slice(lines, from, end);
    const match = isOurs(line) ? null : exec(frame, line);
    if (match) return { file: match[1], line: asNumber(match[2]), column: match[3] ? asNumber(match[3]) : null };
  }
  return { file, line: null, column: null };
}

function stackOf(error) {
  try {
    return error?.stack;
  } catch {
    // A hostile one has no place.
    return undefined;
  }
}

/** An error whose mistake is not where the error was made. `where` has what is known better than by whoever tells of it: `part`,
 * `file` and `stack`; `schema` and `pointer` for a schema of a file that has no lines here; a `note` behind the message. */
export class Misplaced {
  constructor(error, where) {
    this.error = error;
    this.where = assign(create(null), where);
  }
}

const nowhere = create(null);

/** What was thrown, and where its mistake is if that is known. */
function unpacked(given) {
  try {
    if (isInstance(Misplaced, given)) return given;
  } catch {
    // To ask a hostile one for its prototype throws.
  }
  return { error: given, where: nowhere };
}

/** The part whose code runs now, where it is not a plugin's. */
export let running;

export class Parts {
  constructor(onError) {
    this.keepsOut = onError === "tenant";
    this.errors = [];
  }

  failed(part, file, given) {
    const { error, where } = unpacked(given);
    const place = placeIn(where.stack ?? stackOf(error), where.file ?? file);
    const { errors } = this;
    // Not by `push`, and by no field that a prototype may have: those the tenant can replace.
    errors[errors.length] = {
      part: where.part ?? part,
      file: place.file,
      line: place.line,
      column: place.column,
      message: lineOf(error) + (where.note ?? ""),
      schema: where.schema,
      pointer: where.pointer,
    };
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
