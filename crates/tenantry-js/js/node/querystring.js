// node:querystring.
export const escape = (text) => encodeURIComponent(String(text).toWellFormed()).replace(/[!'()*]/g, (letter) => (letter === '*' ? letter : letter));
export const unescape = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
const plain = (value) => (['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : '');
export const stringify = (object, between = '&', equals = '=', options = {}) => {
  const encode = options?.encodeURIComponent ?? escape;
  return Object.keys(object ?? {}).flatMap((key) => [object[key]].flat()
    .map((value) => `${encode(key)}${equals}${encode(plain(value))}`)).join(between);
};
export const parse = (text, between = '&', equals = '=', options = {}) => {
  const decode = options?.decodeURIComponent ?? unescape;
  const most = options?.maxKeys ?? 1000;
  const found = Object.create(null);
  const parts = String(text).split(between).filter(Boolean);
  for (const part of most > 0 ? parts.slice(0, most) : parts) {
    const at = part.indexOf(equals);
    const key = decode((at < 0 ? part : part.slice(0, at)).replaceAll('+', ' '));
    const value = at < 0 ? '' : decode(part.slice(at + equals.length).replaceAll('+', ' '));
    if (!(key in found)) found[key] = value;
    else if (Array.isArray(found[key])) found[key].push(value);
    else found[key] = [found[key], value];
  }
  return found;
};
export const decode = parse;
export const encode = stringify;
export default { escape, unescape, stringify, parse, decode, encode };
