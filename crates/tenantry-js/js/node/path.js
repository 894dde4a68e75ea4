// node:path, POSIX.
const check = (path) => {
  if (typeof path !== 'string') {
    const error = new TypeError('The "path" argument must be of type string.');
    error.code = 'ERR_INVALID_ARG_TYPE';
    throw error;
  }
};
export const sep = '/';
export const delimiter = ':';
export const isAbsolute = (path) => { check(path); return path.startsWith('/'); };
export const normalize = (path) => {
  check(path);
  if (!path) return '.';
  const absolute = path.startsWith('/');
  const parts = [];
  for (const part of path.split('/')) {
    if (!part || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length && parts.at(-1) !== '..') parts.pop();
    else if (!absolute) parts.push('..');
  }
  let text = parts.join('/');
  if (text && path.endsWith('/')) text += '/';
  return absolute ? `/${text}` : text || (path.endsWith('/') ? './' : '.');
};
export const join = (...paths) => {
  paths.forEach(check);
  const joined = paths.filter(Boolean).join('/');
  return joined ? normalize(joined) : '.';
};
export const resolve = (...paths) => {
  let whole = '';
  for (const path of paths.toReversed()) {
    check(path);
    if (!path) continue;
    whole = whole ? `${path}/${whole}` : path;
    if (path.startsWith('/')) break;
  }
  const text = normalize(whole.startsWith('/') ? whole : `/${whole}`);
  return text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text;
};
const trimmed = (path) => (path.length > 1 ? path.replace(/\/+$/, '') || '/' : path);
export const dirname = (path) => {
  check(path);
  const text = trimmed(path);
  const at = text.lastIndexOf('/');
  return at < 0 ? '.' : at === 0 ? '/' : text.slice(0, at);
};
export const basename = (path, suffix) => {
  check(path);
  const text = trimmed(path);
  const name = text.slice(text.lastIndexOf('/') + 1);
  return suffix && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
};
export const extname = (path) => {
  const name = basename(path);
  const at = name.lastIndexOf('.');
  return at > 0 ? name.slice(at) : '';
};
export const relative = (from, to) => {
  const a = resolve(from).split('/').filter(Boolean);
  const b = resolve(to).split('/').filter(Boolean);
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  return [...a.slice(same).map(() => '..'), ...b.slice(same)].join('/');
};
export const parse = (path) => {
  check(path);
  const base = basename(path);
  const ext = extname(path);
  const dir = dirname(path);
  return { root: path.startsWith('/') ? '/' : '', dir: dir === '.' && !path.startsWith('.') ? '' : dir, base, ext, name: ext ? base.slice(0, -ext.length) : base };
};
export const format = ({ dir, root, base, name = '', ext = '' }) => {
  const last = base ?? name + ext;
  const folder = dir ?? root;
  return folder ? (folder === root ? `${folder}${last}` : `${folder}/${last}`) : last;
};
export const posix = { sep, delimiter, isAbsolute, normalize, join, resolve, dirname, basename, extname, relative, parse, format };
posix.posix = posix;
export default posix;
