// What the program itself calls in an isolate, as it was before any code of a tenant's ran.

const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const getter = (prototype, name) => uncurry(Object.getOwnPropertyDescriptor(prototype, name).get);

export const toWellFormed = uncurry(String.prototype.toWellFormed);
export const dateValue = uncurry(Date.prototype.getTime);

const typed = Object.getPrototypeOf(Uint8Array.prototype);
const bufferOfArray = getter(typed, "buffer");
const offsetOfArray = getter(typed, "byteOffset");
const lengthOfArray = getter(typed, "byteLength");
const bufferOfView = getter(DataView.prototype, "buffer");
const offsetOfView = getter(DataView.prototype, "byteOffset");
const lengthOfView = getter(DataView.prototype, "byteLength");
const lengthOfBuffer = getter(ArrayBuffer.prototype, "byteLength");
const { isView } = ArrayBuffer;
const Bytes = Uint8Array;

/** The bytes of a buffer or of a view of one; undefined for anything else. */
export function bytesOf(view) {
  if (!isView(view)) {
    try {
      lengthOfBuffer(view);
    } catch {
      return undefined;
    }
    return new Bytes(view);
  }
  let buffer;
  let offset;
  let length;
  try {
    buffer = bufferOfArray(view);
    offset = offsetOfArray(view);
    length = lengthOfArray(view);
  } catch {
    buffer = bufferOfView(view);
    offset = offsetOfView(view);
    length = lengthOfView(view);
  }
  return new Bytes(buffer, offset, length);
}
