/**
 * Ports of a log, for the other threads of its process: one thread has the log
 * open, and workers append to it, wait for their records, read and follow.
 * Appends of one turn travel in one message.
 *
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { openPort, WalPort } from "@syncline/wal/port";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const wal = await Wal.open(new MemoryStorage());
 * const port = openPort(wal); // worker.postMessage({ port }, [port])
 *
 * const log = new WalPort(port); // in the worker
 * const lsn = await log.append("from a worker"); // on disk when it resolves
 * assert.equal(lsn, 1);
 * for await (const { data } of log.read({ from: lsn })) {
 *   assert.equal(new TextDecoder().decode(data), "from a worker");
 * }
 * await log.close(); // the log stays open
 * await wal.close();
 * ```
 *
 * - {@linkcode openPort} makes a port of an open log, to post to a thread.
 * - {@linkcode WalPort} is the log in that thread; {@linkcode WalPortOptions} has
 *   its codec, {@linkcode PortAppendOptions} the levels.
 * - {@linkcode PortClosedError}: the port was closed, or the thread of the log has
 *   ended.
 *
 * **Limits.** LSNs are assigned by the thread of the log, so `enqueue` returns a
 * ticket instead of one. Threads only: another process needs a `WalReader`, or a
 * server of your own. A message costs more than a call, which pays off with many
 * records per turn.
 *
 * **Read next:** [Several threads append to one log](https://github.com/syncline/wal/blob/main/docs/threads.md#several-threads-append-to-one-log).
 *
 * @module
 */
export type { AnyPort, GlobalPort } from "./protocol.ts";
export { openPort } from "./open_port.ts";
export { PortClosedError } from "./port_closed_error.ts";
export type {
  PortAppendOptions,
  PortReadOptions,
  WalPortOptions,
} from "./port_options.ts";
export { WalPort } from "./wal_port.ts";
