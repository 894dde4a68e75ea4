// Makes `db`, by which a tenant's code reaches its data.
//
// Nothing of it leads to the host: what is handed out are functions and frozen objects. What it needs of the
// language is taken before a tenant's code can change it.

const { freeze, defineProperty, create } = Object;
const { apply } = Reflect;
const { isArray } = Array;
const dateText = uncurried(Date.prototype.toISOString);
const push = uncurried(Array.prototype.push);
const slice = uncurried(String.prototype.slice);
const padStart = uncurried(String.prototype.padStart);
const hasOwn = Object.hasOwn;
const keysOf = Object.keys;
const protoOf = Object.getPrototypeOf;
const ObjectPrototype = Object.prototype;
const DatePrototype = Date.prototype;
const JsTypeError = TypeError;
const JsProxy = Proxy;
const text = String;

function uncurried(method) {
  return (self, ...args) => apply(method, self, args);
}

const operation = host.operation;
const rejected = Promise.reject.bind(Promise);

// A promise, whatever happens.
function ask(name, ...args) {
  try {
    return apply(operation, host, [name, ...args]);
  } catch (error) {
    return rejected(error);
  }
}

// The same with arguments that a tenant's code gave, among which getters may throw.
function askTable(scope, shared, name, method, args) {
  try {
    return operation("db.table", scope, shared, name, method, outgoing(args, 0));
  } catch (error) {
    return rejected(error);
  }
}

// A copy in which moments are as exact as they came. Everything else crosses as it is.
function outgoing(value, depth) {
  if (value === null || typeof value !== "object" || depth > 32) return value;
  const proto = protoOf(value);
  if (proto === DatePrototype) {
    if (!hasOwn(value, "microseconds")) return value;
    const micros = value.microseconds;
    if (typeof micros !== "number" || !(micros > 0 && micros < 1000)) return value;
    const iso = dateText(value);
    return slice(iso, 0, -1) + padStart(text(micros), 3, "0") + "Z";
  }
  if (isArray(value)) {
    let copy = value;
    for (let at = 0; at < value.length; at += 1) {
      const item = value[at];
      const sent = outgoing(item, depth + 1);
      if (sent !== item) {
        if (copy === value) copy = listOf(value);
        copy[at] = sent;
      }
    }
    return copy;
  }
  if (proto === ObjectPrototype || proto === null) {
    let copy = value;
    const keys = keysOf(value);
    for (let at = 0; at < keys.length; at += 1) {
      const item = value[keys[at]];
      const sent = outgoing(item, depth + 1);
      if (sent !== item) {
        if (copy === value) copy = objectOf(value, keys);
        copy[keys[at]] = sent;
      }
    }
    return copy;
  }
  return value;
}

function listOf(list) {
  const copy = [];
  for (let at = 0; at < list.length; at += 1) push(copy, list[at]);
  return copy;
}

function objectOf(object, keys) {
  const copy = create(null);
  for (let at = 0; at < keys.length; at += 1) copy[keys[at]] = object[keys[at]];
  return copy;
}

const METHODS = freeze([
  "findById", "findUnique", "findFirst", "findMany", "count", "create", "createMany",
  "update", "updateMany", "upsert", "delete", "deleteMany",
]);

// What JavaScript itself asks of any object: a table of such a name is reached by db.table(name).
const NO_TABLES = freeze({
  __proto__: null, then: 1, catch: 1, finally: 1, toJSON: 1, constructor: 1, toString: 1, valueOf: 1,
  inspect: 1, prototype: 1, __proto__x: 1, hasOwnProperty: 1, isPrototypeOf: 1,
});

function tableOf(scope, shared, name) {
  const table = create(null);
  for (let at = 0; at < METHODS.length; at += 1) {
    const method = METHODS[at];
    table[method] = (...args) => askTable(scope, shared, name, method, args);
  }
  freeze(table);
  return new JsProxy(table, {
    __proto__: null,
    get(target, key) {
      if (typeof key === "symbol" || key in target || key in NO_TABLES) return target[key];
      // Its mistake is told when it is called, by the host, which knows what is near.
      return (...args) => askTable(scope, shared, name, key, args);
    },
    set: refused,
    defineProperty: refused,
    deleteProperty: refused,
  });
}

function refused() {
  throw new JsTypeError("db cannot be changed");
}

function tablesOf(scope, shared, own) {
  const tables = create(null);
  const table = (name) => (tables[name] ??= tableOf(scope, shared, name));
  own.table = (name) => table(text(name));
  freeze(own);
  return new JsProxy(own, {
    __proto__: null,
    get(target, key) {
      if (typeof key === "symbol" || key in target) return target[key];
      return key in NO_TABLES ? undefined : table(key);
    },
    set: refused,
    defineProperty: refused,
    deleteProperty: refused,
  });
}

function databaseOf(scope) {
  const own = create(null);
  own.query = async (sql, params = []) => {
    if (typeof sql !== "string" || !isArray(params)) {
      throw new JsTypeError("db.query(sql, params): a string, and an array of values");
    }
    const answer = await ask("db.query", scope, sql, outgoing(params, 0));
    const rows = answer[0];
    // As in node-postgres.
    defineProperty(rows, "rows", { value: rows });
    defineProperty(rows, "rowCount", { value: answer[1] });
    return rows;
  };
  own.transaction = async (run) => {
    if (typeof run !== "function") throw new JsTypeError("db.transaction(async (tx) => …)");
    const number = await ask("db.begin", scope);
    let value;
    try {
      value = await run(databaseOf(number));
    } catch (error) {
      try {
        await ask("db.rollback", number);
      } catch {
        // It has ended already; what it ended by is the error to tell.
      }
      throw error;
    }
    await ask("db.commit", number);
    return value;
  };
  own.shared = tablesOf(scope, true, create(null));
  return tablesOf(scope, false, own);
}

export const db = databaseOf(null);
