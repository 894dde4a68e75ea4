// Bounds the host has set.

export const limits = {
  /** Bytes of a response. */
  response: 16 * 1024 * 1024,
};
