// Files of the tenant's `public/` folder, for the core plugin `static`: no code gets at any others.

/** `{ status, headers, body }`, or null where there is no such file. */
const read = (path, conditions) => host.operation("files.read", String(path), conditions ?? {});
host.module("tenantry:files", { read, default: { read } });
