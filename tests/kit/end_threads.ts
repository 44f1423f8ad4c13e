import { seeded } from "../../random.ts";
import { Wal } from "../../wal.ts";
import { ThreadedStorage } from "./threaded_storage.ts";
import { withTempDir } from "./temp_dir.ts";
import { textsOf } from "./reader_kit.ts";

/** What became of a log whose threads were terminated. */
export interface EndedThreads {
  /** Threads that were terminated. */
  readonly ends: number;
  /** Records that were acknowledged. */
  readonly acked: number;
  /** Of these, how many another opening did not find at their place. */
  readonly lost: number;
  /** Records that were acknowledged, or found, twice. */
  readonly twice: number;
}

/** Options of {@linkcode endThreads}. */
interface EndThreadsOptions {
  readonly ends: number;
  readonly seed: number;
  /** Called when a thread was terminated and another one has taken its place. */
  readonly ended?: (ends: number) => void;
}

const SENDERS = 16;

/**
 * Terminates the flush thread of a log under load `ends` times, at random
 * instants, each time starts another one, and opens the log again.
 */
export function endThreads(
  { ends, seed, ended = () => {} }: EndThreadsOptions,
): Promise<EndedThreads> {
  const random = seeded(seed);
  return withTempDir(async (dir) => {
    const storage = new ThreadedStorage(dir);
    const wal = await Wal.open(storage, {
      flushing: "thread",
      segmentBytes: 256 * 1024,
      warn() {},
    });
    const sent = new Map<number, string>();
    let twice = 0;
    let isOver = false;
    const senders = Array.from({ length: SENDERS }, async (_, sender) => {
      for (let nth = 0; !isOver; nth++) {
        const record = `${sender}:${nth} `.padEnd(random(300));
        const ack = random(4) === 0 ? "os" : "disk";
        const lsn = await wal.append(record, { ack });
        if (sent.has(lsn)) twice++;
        sent.set(lsn, record);
      }
    });
    for (let end = 1; end <= ends; end++) {
      const before = sent.size + random(200);
      while (sent.size < before) await new Promise((done) => setTimeout(done));
      // A thread ends wherever it is; nobody waits for it.
      storage.thread!.terminate();
      while (wal.health.status !== "degraded") {
        await new Promise((done) => setTimeout(done));
      }
      await wal.configure({ flushing: "thread" });
      ended(end);
    }
    isOver = true;
    await Promise.all(senders);
    await wal.close();
    const again = await Wal.open(dir, { warn() {} });
    const texts = await textsOf(again);
    await again.close();
    const lost = [...sent].filter(([lsn, record]) => texts[lsn - 1] !== record);
    twice += texts.length - new Set(texts.map((text) => text.trim())).size;
    return { ends, acked: sent.size, lost: lost.length, twice };
  });
}
