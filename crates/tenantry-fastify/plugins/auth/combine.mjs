// `fastify.auth([one, other], { relation, run })`, as `@fastify/auth` has it: any of them, or all.

function call(strategy, instance, request, reply) {
  if (strategy.length < 3) return Promise.resolve().then(() => strategy.call(instance, request, reply));
  return new Promise((resolve, reject) => {
    const done = (error) => (error ? reject(error) : resolve());
    const result = strategy.call(instance, request, reply, done);
    if (typeof result?.then === "function") result.then(() => resolve(), reject);
  });
}

async function settle(list, relation, runsAll, run) {
  let failed;
  let passed = false;
  for (const one of list) {
    try {
      await (Array.isArray(one) ? settle(one, relation === "and" ? "or" : "and", runsAll, run) : run(one));
      passed = true;
      if (relation === "or" && !runsAll) return;
    } catch (error) {
      failed = error;
      if (relation === "and" && !runsAll) throw error;
    }
  }
  if (relation === "or" ? !passed : failed !== undefined) throw failed;
}

export function combine(functions, options = {}) {
  const { relation = "or", run } = options;
  if (!Array.isArray(functions)) throw new Error("You must give an array of functions to the auth function");
  if (functions.length === 0) throw new Error("Missing auth functions");
  if (relation !== "or" && relation !== "and") throw new Error("The value of options.relation should be one of ['or', 'and']");
  if (run !== undefined && run !== "all") throw new Error("The value of options.run must be 'all'");
  const check = (list) => {
    for (const one of list) {
      if (Array.isArray(one)) check(one);
      else if (typeof one !== "function") throw new TypeError(`auth expects functions, received: ${typeof one}`);
    }
  };
  check(functions);
  return async function auth(request, reply) {
    await settle(functions, relation, run === "all", (one) => call(one, this, request, reply));
  };
}
