// What other scripts of the prelude give to a tenant's code, such as `db`: `provide("db", db)`.

export const provided = Object.create(null);

/** Services get `db` as their first argument; all of it is on `tenant` and on the root instance, unless that has the name. */
export function provide(name, value) {
  provided[name] = value;
}
