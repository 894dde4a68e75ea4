// Requests that want to hear when their client goes away or their time is up, by the edge's number.

export const inFlight = new Map();
