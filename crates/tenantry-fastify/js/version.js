// Which versions of Fastify a plugin is written for: the ranges of semver that plugins use.

/** The Fastify whose behaviour this is. */
export const VERSION = "5.12.8";

function numbers(text) {
  const match = /^[v=\s]*(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:[-+].*)?$/.exec(text);
  if (!match) return null;
  return [match[1], match[2], match[3]].map((part) => (part === undefined || /[xX*]/.test(part) ? null : Number(part)));
}

function compare(left, right) {
  for (let at = 0; at < 3; at += 1) {
    const difference = left[at] - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Below this, where a range has an upper end. */
function above(parts, at) {
  return parts.map((part, index) => (index < at ? part : index === at ? part + 1 : 0));
}

function fits(version, comparator) {
  const match = /^(\^|~>?|>=|<=|>|<|=)?\s*(.*)$/.exec(comparator);
  const operator = match[1] ?? "=";
  const range = numbers(match[2]);
  if (range === null) return false;
  if (range[0] === null) return true;
  const given = range.findIndex((part) => part === null);
  const last = given === -1 ? 2 : given - 1;
  const floor = range.map((part) => part ?? 0);
  const order = compare(version, floor);
  switch (operator) {
    case ">=":
      return order >= 0;
    case "<":
      return order < 0;
    case ">":
      return given === -1 ? order > 0 : compare(version, above(floor, last)) >= 0;
    case "<=":
      return given === -1 ? order <= 0 : compare(version, above(floor, last)) < 0;
    case "^": {
      const first = floor.findIndex((part) => part > 0);
      return order >= 0 && compare(version, above(floor, first === -1 ? last : Math.min(first, last))) < 0;
    }
    case "~":
    case "~>":
      return order >= 0 && compare(version, above(floor, Math.min(1, last))) < 0;
    default:
      return given === -1 ? order === 0 : order >= 0 && compare(version, above(floor, last)) < 0;
  }
}

/** Whether a version is in a range such as `5.x`, `>=4.0.0 <6`, `^5.0.0 || 4.x`, `4.0.0 - 5.9`. */
export function satisfies(version, range) {
  const parts = numbers(version);
  return range.split("||").some((alternative) => {
    const spread = alternative.replace(/(\S+)\s+-\s+(\S+)/g, ">=$1 <=$2").replace(/(\^|~>?|>=|<=|>|<|=)\s+/g, "$1");
    const comparators = spread.trim().split(/\s+/).filter((text) => text !== "");
    return comparators.every((comparator) => fits(parts, comparator));
  });
}
