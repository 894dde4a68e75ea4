// node:url.
const { URL, URLSearchParams } = globalThis;
export { URL, URLSearchParams };
export const fileURLToPath = (url) => {
  const { protocol, pathname } = new URL(url);
  if (protocol !== 'file:') throw new TypeError('The URL must be of scheme file');
  return decodeURIComponent(pathname);
};
export const pathToFileURL = (path) => new URL(encodeURI(path), 'file:///');
export const format = (url) => String(url);
export default { URL, URLSearchParams, fileURLToPath, pathToFileURL, format };
