import { accessOf, type LogAccess } from "../log/log_appender.ts";
import { turnEnds } from "../storage/turns.ts";
import type { Wal } from "../wal.ts";
import { requireMethod } from "../argument.ts";
import type { AnyPort, GlobalPort } from "./protocol.ts";
import { ServedPort } from "./served_port.ts";

/** The open ports of each log. */
const portsOf = new WeakMap<object, Set<ServedPort>>();

/**
 * Opens a port of a log for another thread: post it there, in the list of what
 * is transferred as well, and make a {@linkcode WalPort} of it.
 *
 * A log can have any number of ports, for any threads; each is for one thread
 * and one `WalPort`. The codec of the log is not used. Calls by ports count as
 * calls on the log: they share its queue, its bounds and its policy. When the
 * log is closed, its ports close, and when a worker ends, so do the ports that
 * it has. An open port keeps neither thread alive.
 *
 * `Kind` is its type: the global `MessagePort`, unless you say that of
 * `node:worker_threads`, which is the same at run time.
 *
 * Throws `LogClosedError` if the log is closed, and `TypeError` if it is none.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { openPort } from "@syncline/wal/port";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import { type MessagePort, Worker } from "node:worker_threads";
 *
 * const wal = await Wal.open(new MemoryStorage());
 * const port = openPort<MessagePort>(wal);
 * const worker = new Worker("/* new WalPort(workerData.port) *\/", {
 *   eval: true,
 *   workerData: { port },
 *   transferList: [port],
 * });
 * await new Promise((resolve) => worker.once("exit", resolve));
 * await wal.close();
 * ```
 */
export function openPort<Kind extends AnyPort = GlobalPort>(
  // deno-lint-ignore no-explicit-any
  wal: Wal<any, any>,
): Kind {
  const action = "open a port";
  requireMethod(action, "wal", wal, "followBatches");
  const access = accessOf(wal);
  access.refuseIfClosed(action);
  const { port1, port2 } = new MessageChannel();
  const ports = portsOf.get(wal) ?? begin(wal, access);
  const served = new ServedPort(
    { ...access, log: wal },
    port1,
    () => ports.delete(served),
  );
  ports.add(served);
  return port2 as AnyPort as Kind;
}

/** Number of open ports of a log. */
export function countPorts(wal: object): number {
  return portsOf.get(wal)?.size ?? 0;
}

function begin(wal: object, { writer }: LogAccess): Set<ServedPort> {
  const ports = new Set<ServedPort>();
  portsOf.set(wal, ports);
  writer.onStopped = () => {
    // A turn later: what was acknowledged just now goes first.
    turnEnds.setImmediate(() => {
      for (const port of ports) port.logClosed();
    });
  };
  return ports;
}
