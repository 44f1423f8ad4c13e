import type { LifeBody } from "../explore/recording.ts";
import type { WalFact } from "./wal_history.ts";
import type { WalStep } from "./wal_steps.ts";
import { type MakeWalOptions, WalUser } from "./wal_user.ts";

/**
 * A workload for `explore`: takes `steps` on a log and notes what it was
 * promised; `walCheck` checks that the log kept it. The log gets the life's
 * clock and, unless the options say otherwise, a small reserve and no warnings.
 *
 * A call that fails ends the workload, because a failure stops a log.
 *
 * @example A custom policy under every crash
 * ```ts
 * import type { BatchPolicy } from "@syncline/wal/policies";
 * import { explore, walCheck, walWorkload } from "@syncline/wal/testing";
 *
 * const policy: BatchPolicy = { due: (batch) => batch.oldestAt + 5 };
 * const makeOptions = () => ({ policy });
 * await explore(
 *   walWorkload([
 *     { do: "append", bytes: 10 },
 *     { do: "appendBatch", bytes: [1, 2, 3] },
 *     { do: "await" },
 *     { do: "append", bytes: 700, ack: "os" },
 *   ], makeOptions),
 *   walCheck(makeOptions),
 *   { bound: 64, samples: 2 },
 * );
 * ```
 */
export function walWorkload(
  steps: readonly WalStep[],
  makeOptions: MakeWalOptions = () => ({}),
): LifeBody<WalFact> {
  return async (life) => {
    const user = await WalUser.open(life, makeOptions);
    for (const step of steps) await user.take(step);
    await user.close();
  };
}
