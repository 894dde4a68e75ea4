// CommonJS: `require` within the tenant's own files and packages.
const { resolveModule, loadCommonJs, builtin } = host.native;
const cache = new Map();

const load = (name) => {
  const known = cache.get(name);
  if (known) return known.exports;
  const { kind, run, value } = loadCommonJs(name);
  const module = { exports: {}, id: name, filename: name, loaded: false, children: [], paths: [] };
  cache.set(name, module);
  if (kind === 'value') {
    module.exports = value;
  } else {
    try {
      const at = name.lastIndexOf('/');
      Reflect.apply(run, module.exports, [module.exports, requireFrom(name, module), module, name, at < 0 ? '.' : name.slice(0, at)]);
    } catch (error) {
      cache.delete(name);
      throw error;
    }
  }
  module.loaded = true;
  return module.exports;
};

const requireFrom = (from) => {
  const require = (specifier) => {
    if (typeof specifier !== 'string') throw new TypeError('require needs the name of a module');
    const made = builtin(specifier);
    return made === undefined ? load(resolveModule(specifier, from)) : made;
  };
  require.resolve = (specifier) => resolveModule(specifier, from);
  require.main = undefined;
  require.cache = {};
  return require;
};

host.register('#commonjs', load);
