import type { Buffer } from "node:buffer";
import { type EventEmitter, once } from "node:events";
import { join } from "node:path";
import { loadPackage } from "../../packages.ts";
import { type Contender, HandGroup } from "../contender.ts";

interface Boom extends EventEmitter {
  write(data: Buffer): boolean;
  flush(done: (error?: Error) => void): void;
  destroy(): void;
}

const MAX_WRITE = 4 * 1024 * 1024;

/**
 * The log writer of pino. It does not acknowledge single records, so the records
 * of a turn are written and flushed together: one write and one fsync.
 */
export const sonicBoom: Contender = {
  name: "sonic-boom, grouped",
  how: "fsync: true, maxWrite of 4 MiB, one flush per turn by hand",
  packages: ["sonic-boom"],
  kinds: ["callers", "batches"],
  async open(directory) {
    const { SonicBoom } = loadPackage<{
      SonicBoom: new (options: object) => Boom;
    }>("sonic-boom");
    const boom = new SonicBoom({
      dest: join(directory, "boom"),
      fsync: true,
      contentMode: "buffer",
      // Write nothing before the flush: otherwise a turn would cost two syncs.
      minLength: MAX_WRITE - 1,
      maxWrite: MAX_WRITE,
    });
    await once(boom, "ready");
    const appendAll = (records: readonly Buffer[]) =>
      new Promise<void>((resolve, reject) => {
        for (const record of records) boom.write(record);
        boom.flush((error) => error ? reject(error) : resolve());
      });
    const group = new HandGroup(appendAll);
    return {
      append: (record) => group.append(record),
      appendAll,
      close: () => boom.destroy(),
    };
  },
};
