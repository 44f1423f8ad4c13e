import type { LifeBody } from "../explore/recording.ts";
import type { WalFact } from "./wal_history.ts";
import { type MakeWalOptions, WalUser } from "./wal_user.ts";

/**
 * A check for `explore`: recovers the log that `walWorkload` used, and throws
 * unless
 *
 * - every acknowledged record is there, unchanged and in order;
 * - there are no gaps, no duplicates, and no records that were never sent;
 * - each batch is whole or absent;
 * - a second opening finds the same;
 * - the log continues to accept and acknowledge records. Because `explore`
 *   crashes that part too, nothing may be lost a second time.
 */
export function walCheck(
  makeOptions: MakeWalOptions = () => ({}),
): LifeBody<WalFact> {
  return async (life) => {
    const first = await WalUser.open(life, makeOptions);
    const lastLsn = await first.judge();
    first.recovered(lastLsn);
    await first.take({ do: "reopen" });
    const again = await first.judge();
    if (again !== lastLsn) {
      throw new Error(
        `the log ended at ${lastLsn}, but at ${again} when opened again`,
      );
    }
    await first.take({ do: "append", bytes: 20, ack: "os" });
    await first.take({ do: "turn" });
    await first.take({ do: "appendBatch", bytes: [3, 0, 30] });
    await first.take({ do: "append", bytes: 9, ack: "disk" });
    await first.take({ do: "flush" });
    await first.close();
  };
}
