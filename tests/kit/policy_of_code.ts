import * as wal from "../../mod.ts";

/** Runs code that opens a log; resolves to the policy that it names. */
export async function policyOfCode(code: string): Promise<wal.BatchPolicy> {
  const [, names, body] = /^import \{([^}]*)\} from "@syncline\/wal";\n(.*)$/s
    .exec(code)!;
  const imported = names.split(",").map((name) => name.trim())
    .filter((name) => name !== "");
  let policy: wal.BatchPolicy = new wal.LeaderCommitPolicy();
  const stand = {
    open(_: string, options: { policy?: wal.BatchPolicy } = {}) {
      policy = options.policy ?? policy;
      return Promise.resolve();
    },
  };
  const values = imported.map((name) =>
    name === "Wal" ? stand : (wal as Record<string, unknown>)[name]
  );
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction(...imported, `"use strict";${body}`)(...values);
  return policy;
}
