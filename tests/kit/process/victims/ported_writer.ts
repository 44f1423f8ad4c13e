import { type AnyPort, WalPort } from "../../../../port/mod.ts";
import { generator } from "../record_content.ts";

/*
 * A thread that appends by a port as fast as it can, until it is terminated. It
 * tells through shared memory how many of its records were acknowledged.
 */

/** What the thread needs. */
export interface PortedOrders {
  readonly port: AnyPort;
  /** Its number; the acknowledged records are counted under it. */
  readonly writer: number;
  readonly seed: number;
  readonly acked: Int32Array<SharedArrayBuffer>;
}

/** A record: its writer, its number, where its batch ends, and some padding. */
export function textOf(writer: number, nth: number, last: number): string {
  return `${writer}:${nth}:${last}:${"x".repeat((writer + nth) % 90)}`;
}

/** Appends forever. */
export async function appendByPort(orders: PortedOrders): Promise<void> {
  const { port, writer, seed, acked } = orders;
  const log = new WalPort(port);
  const next = generator(seed);
  let nth = 0;
  const told = (last: number) => () => {
    if (last > Atomics.load(acked, writer)) Atomics.store(acked, writer, last);
  };
  while (true) {
    const count = 1 + next() % 20;
    const waits: Promise<unknown>[] = [];
    for (let call = 0; call < count; call++) {
      const kind = next() % 3;
      const first = nth + 1;
      const last = nth = kind === 0 ? nth + 1 + next() % 5 : first;
      const texts = Array.from(
        { length: last - first + 1 },
        (_, index) => textOf(writer, first + index, last),
      );
      const acked = kind === 0
        ? log.appendBatch(texts)
        : kind === 1
        ? log.append(texts[0])
        : log.settled(log.enqueue(texts[0]));
      waits.push(acked.then(told(last)));
    }
    // Sometimes it lets two turns overlap.
    if (next() % 2 === 0) await Promise.all(waits);
    else await new Promise((resolve) => setImmediate(resolve));
    if (log.waitingRecords > 2000) await log.flush();
  }
}
