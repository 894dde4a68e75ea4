// Schemas of a scope: what `addSchema` added here and further out, and what compiles validators and serializers.

import { assign, create, hasOwn } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { running } from "./parts.js";
import { hostValidators, hostSerializers } from "./schema-host.js";

/** The file of a part of its own, or the call that adds it. Its place in there is looked for when something is wrong with it. */
function sourceOf(id) {
  if (running?.file) return { part: running.part, file: running.file, call: undefined, isTold: false };
  return { part: `schema ${id}`, file: "", call: new Error(), isTold: false };
}

/** Shared schemas by `$id`, with the compilers of validators and serializers. */
export class Schemas {
  constructor(outer) {
    this.outer = outer;
    this.own = {};
    /** Where each of them comes from, by `$id`. */
    this.sources = create(null);
    this.customValidator = outer?.customValidator;
    this.customSerializer = outer?.customSerializer;
    this.builtValidator = undefined;
    this.builtSerializer = undefined;
  }

  child() {
    return new Schemas(this);
  }

  all() {
    return this.outer ? assign(this.outer.all(), this.own) : { ...this.own };
  }

  add(given) {
    const schema = given?.isFluentSchema ? given.valueOf() : given;
    const id = schema?.$id;
    if (!id) throw new errorCodes.FST_ERR_SCH_MISSING_ID();
    if (this.all()[id]) throw new errorCodes.FST_ERR_SCH_ALREADY_PRESENT(id);
    this.own[id] = schema;
    this.sources[id] = sourceOf(id);
    this.changed();
    return id;
  }

  /** Where the schema comes from that this scope knows by the id. */
  source(id) {
    return this.sources[id] ?? this.outer?.source(id);
  }

  /** A scope further out has one more. */
  inherit(id) {
    if (hasOwn(this.own, id)) throw new errorCodes.FST_ERR_SCH_ALREADY_PRESENT(id);
    this.changed();
  }

  changed() {
    this.builtValidator = undefined;
    this.builtSerializer = undefined;
  }

  get validator() {
    return this.customValidator ?? (this.builtValidator ??= hostValidators(this.all()));
  }

  get serializer() {
    return this.customSerializer ?? (this.builtSerializer ??= hostSerializers(this.all()));
  }
}
