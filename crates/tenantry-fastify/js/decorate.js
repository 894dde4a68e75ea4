// Decorations: properties that a scope adds to instances, requests and replies, inherited by the scopes inside it.

import { defineProperty, hasOwn, isArray } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { kDecorated, kReply, kRequest, kShared } from "./symbols.js";

/** A decoration given by its accessors. */
function isAccessor(value) {
  return Boolean(value) && (typeof value.getter === "function" || typeof value.setter === "function");
}

function hasProperty(Kind, name) {
  return Kind.props.some((property) => property.key === name);
}

/** `id`, `body` and the like, which every request or reply has. */
function isOwn(Kind, name) {
  return Kind.instanceProperties.has(name);
}

export function existsIn(instance, name) {
  return name in instance;
}

/** `request.user` is there for those who have not decorated it; who asks is told that they have not. */
function hasOnPrototype(Kind, name) {
  for (let kind = Kind; kind.parent !== undefined; kind = kind.parent) if (hasOwn(kind.prototype, name)) return true;
  return name in Kind.prototype && name !== "user";
}

export function requestHas(instance, name) {
  const Kind = instance[kRequest];
  return hasProperty(Kind, name) || isOwn(Kind, name) || hasOnPrototype(Kind, name);
}

export function replyHas(instance, name) {
  const Kind = instance[kReply];
  return hasProperty(Kind, name) || isOwn(Kind, name) || hasOnPrototype(Kind, name);
}

function checkDependencies(has, name, dependencies) {
  if (dependencies === undefined || dependencies === null) return;
  if (!isArray(dependencies)) throw new errorCodes.FST_ERR_DEC_DEPENDENCY_INVALID_TYPE(name);
  for (const dependency of dependencies) {
    if (!has(dependency)) throw new errorCodes.FST_ERR_DEC_MISSING_DEPENDENCY(dependency);
  }
}

function define(target, name, value) {
  if (isAccessor(value)) defineProperty(target, name, { get: value.getter, set: value.setter });
  else target[name] = value;
}

function decorateKind(instance, Kind, name, value, dependencies, has) {
  if (instance[kShared].started) throw new errorCodes.FST_ERR_DEC_AFTER_START(name);
  if (typeof value === "object" && value && !isAccessor(value)) {
    throw new errorCodes.FST_ERR_DEC_REFERENCE_TYPE(name, typeof value);
  }
  if (hasOwn(Kind.prototype, name) || hasProperty(Kind, name) || isOwn(Kind, name)) {
    throw new errorCodes.FST_ERR_DEC_ALREADY_PRESENT(name);
  }
  Kind[kDecorated] = true;
  checkDependencies((dependency) => has(instance, dependency), name, dependencies);
  if (isAccessor(value)) {
    defineProperty(Kind.prototype, name, { get: value.getter, set: value.setter });
  } else if (typeof value === "function") {
    // Not by assignment: a getter of the framework's own further up has no setter.
    defineProperty(Kind.prototype, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    Kind.props.push({ key: name, value });
  }
}

export function decorate(name, value, dependencies) {
  if (this[kShared].started) throw new errorCodes.FST_ERR_DEC_AFTER_START(name);
  if (hasOwn(this, name)) throw new errorCodes.FST_ERR_DEC_ALREADY_PRESENT(name);
  checkDependencies((dependency) => dependency in this, name, dependencies);
  define(this, name, value);
  return this;
}

export function decorateRequest(name, value, dependencies) {
  decorateKind(this, this[kRequest], name, value, dependencies, requestHas);
  return this;
}

export function decorateReply(name, value, dependencies) {
  decorateKind(this, this[kReply], name, value, dependencies, replyHas);
  return this;
}

/** What `getDecorator` of an instance, request or reply answers. */
export function decoration(target, has, name, where) {
  if (!has) throw new errorCodes.FST_ERR_DEC_UNDECLARED(name, where);
  const value = target[name];
  return typeof value === "function" ? value.bind(target) : value;
}
