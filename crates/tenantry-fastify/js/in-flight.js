// Requests that want to hear when their client goes away or their time is up, by the edge's number: those whose routes have a
// hook for it, and those whose `signal` has been asked for.

export const inFlight = new Map();
