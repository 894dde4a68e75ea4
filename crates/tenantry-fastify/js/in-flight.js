// Requests that want to hear when their client goes away or their time is up, by the edge's number: those whose routes have a
// hook for it, and those whose `signal` has been asked for.

export const inFlight = new Map();

/** Asks the edge for the end of a request. False where that has come, or nobody can be asked any more. */
export function askForEnd(number) {
  return ask("request.ask", number);
}

/** Whether somebody waits for the answer of a request. What is injected has no number of the edge's, and is waited for. */
export function isUnderWay(number) {
  return number < 1 || ask("request.is_under_way", number);
}

function ask(what, number) {
  try {
    return host.call(what, number);
  } catch {
    // What is left of a task that has ended.
    return false;
  }
}
