/**
 * The process that appends to a Raft log and to a plain one.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { RaftLog } from "../../docs/examples/raft-log/raft_log.ts";
import { Wal } from "../../wal.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import { median } from "../report/statistics.ts";
import type { RaftFound, RaftJob, RaftLoad } from "./raft_job.ts";

const MESSAGE_ENTRIES = 64;

/** One of the two logs. */
interface Side {
  /** One call: a proposal, a message or a vote. */
  call(): Promise<unknown>;
  /** Drops what was appended. */
  drop(): Promise<unknown>;
  close(): Promise<void>;
}

async function openPlain(directory: string, load: RaftLoad): Promise<Side> {
  const wal = await Wal.open(directory, { warn() {} });
  const [record] = makeRecords(1, 108);
  const message = Array(MESSAGE_ENTRIES).fill(record);
  let term = 0;
  const calls: Record<RaftLoad, () => Promise<unknown>> = {
    one: () => wal.append(record),
    many: () => wal.append(record),
    follower: () => wal.appendBatch(message),
    vote: () => wal.setMeta(`{"term":${++term},"vote":"node-1"}`),
  };
  return {
    call: calls[load],
    drop: () => wal.truncateBefore(wal.durableLsn + 1),
    close: () => wal.close(),
  };
}

async function openRaft(directory: string, load: RaftLoad): Promise<Side> {
  const log = await RaftLog.open(directory, { warn() {} });
  await log.saveHardState({ term: 1, vote: "node-1" });
  const [data] = makeRecords(1, 100);
  const entries = (count: number) => {
    const first = log.lastIndex + 1;
    return Array.from(
      { length: count },
      (_, at) => ({ index: first + at, term: 1, data }),
    );
  };
  const calls: Record<RaftLoad, () => Promise<unknown>> = {
    one: () => log.append(entries(1)),
    many: () => log.append(entries(1)),
    follower: () => log.append(entries(MESSAGE_ENTRIES)),
    vote: () => {
      const term = log.hardState.term + 1;
      return log.saveHardState({ term, vote: "node-1" });
    },
  };
  return {
    call: calls[load],
    drop: async () => {
      if (log.lastIndex >= log.firstIndex) await log.compact(log.lastIndex, []);
    },
    close: () => log.close(),
  };
}

/** Calls per second, and how long one takes. */
async function slice(
  { call, drop }: Side,
  callers: number,
  sliceMs: number,
): Promise<{ perSecond: number; p50Ms: number }> {
  const times: number[] = [];
  const startedAt = performance.now();
  const caller = async () => {
    let now = performance.now();
    while (now < startedAt + sliceMs) {
      await call();
      const after = performance.now();
      times.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  await drop();
  return { perSecond: times.length / seconds, p50Ms: median(times) };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)];
}

await answerJob<RaftJob>(async ({ directory, load, rounds, sliceMs }) => {
  const paths = ["plain", "raft"].map((name) => join(directory, name));
  for (const path of paths) mkdirSync(path);
  const plain = await openPlain(paths[0], load);
  const raft = await openRaft(paths[1], load);
  const callers = load === "many" ? 64 : 1;
  const entries = load === "follower" ? MESSAGE_ENTRIES : 1;
  const found: Record<"plain" | "raft", number[]> = { plain: [], raft: [] };
  const p50s: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const sides = [["plain", plain], ["raft", raft]] as const;
    for (const [name, side] of round % 2 ? sides : sides.toReversed()) {
      const { perSecond, p50Ms } = await slice(side, callers, sliceMs);
      if (round < 0) continue;
      found[name].push(perSecond * entries);
      if (name === "raft") p50s.push(p50Ms);
    }
  }
  await plain.close();
  await raft.close();
  const ratios = found.raft.map((rate, round) => rate / found.plain[round]);
  return {
    plainPerSecond: median(found.plain),
    raftPerSecond: median(found.raft),
    p50Ms: median(p50s),
    ratio: median(ratios),
    ratios: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
  } satisfies RaftFound;
});
