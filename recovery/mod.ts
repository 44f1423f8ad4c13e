/**
 * Recovery: what is done about a damaged log. A crash needs none of this, because
 * `Wal.open` discards what the crash tore. If it throws `CorruptLogError`,
 * {@linkcode salvageLog} keeps what is intact.
 *
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { salvageLog } from "@syncline/wal/recovery";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const storage = new MemoryStorage(); // or `new NodeStorage(directory)`
 * const wal = await Wal.open(storage);
 * for (const text of ["one", "two", "three"]) await wal.append(text);
 * await wal.close();
 *
 * const name = storage.list().find((name) => name.endsWith(".wal"))!;
 * const bytes = storage.get(name)!;
 * bytes[bytes.length >> 1] ^= 1; // bit rot
 * storage.put(name, bytes);
 *
 * const { records, damages } = await salvageLog(storage); // changes nothing
 * assert.equal(records, 2);
 * assert.equal(damages.length, 1);
 * const lock = storage.lock();
 * await salvageLog(storage, { lock }); // repairs it
 * await lock.release();
 * await (await Wal.open(storage)).close();
 * ```
 *
 * - {@linkcode salvageLog} reports or repairs damage: a {@linkcode SalvageReport}
 *   has one {@linkcode SalvagedDamage} for each place, and the records lost.
 * - {@linkcode RecoveryMode}: the option `recovery` of `Wal.open`, of which
 *   `"salvage"` does the same while it opens.
 * - {@linkcode decideTail}: the decision about the end of a log, as a function.
 * - {@linkcode ForeignFileError}, {@linkcode LogExistsError}: why an opening was
 *   refused without any damage.
 *
 * **Limits.** A repair keeps whole frames: one flipped bit costs all records that
 * were flushed together. It stops at a file that the device refuses to read. The
 * original bytes stay next to the log until you remove them.
 *
 * **Read next:** [Recovery](https://github.com/syncline/wal/blob/main/docs/guide.md#recovery),
 * [Operations](https://github.com/syncline/wal/blob/main/docs/operations.md), and `wal repair` in
 * [Command line](https://github.com/syncline/wal/blob/main/docs/cli.md).
 *
 * @module
 */
export {
  decideTail,
  type RecoveryMode,
  type Remainder,
  type TailDecision,
  type TailEvidence,
} from "./decide_tail.ts";
export { ForeignFileError } from "./survey.ts";
export * from "../storage/log_exists_error.ts";
export {
  type SalvagedDamage,
  salvageLog,
  type SalvageOptions,
  type SalvageReport,
} from "./salvage/salvage_log.ts";
