// `tenant`: who the application belongs to, with its configuration and its services.

import { create, defineProperty, getOwnPropertyDescriptor } from "./intrinsics.js";

export function makeTenant(info, config, provided) {
  const services = create(null);
  const tenant = {};
  for (const key of Object.keys(info.more)) tenant[key] = info.more[key];
  for (const key of Object.keys(provided)) tenant[key] ??= provided[key];
  const fixed = {
    id: info.id,
    config,
    services,
    getService(name) {
      const service = services[name];
      if (service === undefined) {
        const known = Object.keys(services).join(", ") || "none";
        const error = new Error(`tenant ${info.id} has no service "${String(name)}"; there are: ${known}`);
        error.code = "SERVICE_NOT_FOUND";
        throw error;
      }
      return service;
    },
    hasService: (name) => services[name] !== undefined,
    listServices: () => Object.keys(services),
  };
  for (const key of Object.keys(fixed)) defineProperty(tenant, key, { value: fixed[key], enumerable: true });
  tenant.active = config.active === undefined || config.active === true;
  tenant.name = typeof config.name === "string" ? config.name : info.more.name ?? info.id;
  return tenant;
}

/** The prototype of a class cannot be replaced; that of a function can, and some functions have none. */
function isClass(value) {
  return getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}

/** A class is made with `(db, config)`, a function called with them, anything else kept. */
export async function makeService(exported, db, config) {
  if (typeof exported !== "function") return exported;
  if (isClass(exported)) return new exported(db, config);
  return exported(db, config);
}
