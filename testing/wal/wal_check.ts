import type { LifeBody } from "../explore/recording.ts";
import type { WalFact } from "./wal_history.ts";
import { type MakeWalOptions, WalUser } from "./wal_user.ts";

/**
 * A check for `explore`: recovers the log that `walWorkload` used and throws
 * unless
 *
 * - every record that was acknowledged is there, exactly, in order;
 * - there is no gap, no duplicate, no record that nobody sent;
 * - each batch is whole or absent;
 * - a second opening finds the same;
 * - the log goes on: it takes records and acknowledges them. As `explore`
 *   crashes that, too, nothing may be lost a second time.
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
      throw new Error(`the log ended at ${lastLsn}, and then at ${again}`);
    }
    await first.take({ do: "append", bytes: 20, ack: "os" });
    await first.take({ do: "turn" });
    await first.take({ do: "appendBatch", bytes: [3, 0, 30] });
    await first.take({ do: "append", bytes: 9, ack: "disk" });
    await first.take({ do: "flush" });
    await first.close();
  };
}
