// node:timers/promises.
import { promises } from 'node:timers';

export const { setTimeout, setImmediate } = promises;
export default promises;
