import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../../tests/kit/process/child.ts";
import { Wal } from "../../wal.ts";
import { commandFor, type RuntimeName } from "../process/runtime.ts";
import { withDirectory } from "../process/scratch.ts";
import { type Loss, lossOf, readBoard, sharedNow } from "./board.ts";
import { type LossJob, numbered } from "./loss_job.ts";

/** What a kill showed. */
export interface LossFound {
  /** Records that were acknowledged before the kill. */
  readonly acked: number;
  /** Acknowledged records that the log did not have when it was opened. */
  readonly killed: Loss;
  /** Acknowledged records that were not synced when the kill came. */
  readonly powerLoss: Loss;
  /** Records in the log that are not what was appended. */
  readonly wrong: number;
}

/** Where and when to kill. */
export interface KillSite {
  readonly runtime: RuntimeName;
  /** The bundled worker. */
  readonly worker: string;
  /** Where the log is. */
  readonly parent: string;
  /** How long the process may append, in ms. */
  readonly lifeMs: number;
}

/** Kills a process that appends, opens its log and counts what is missing. */
export function killWriter(
  { runtime, worker, parent, lifeMs }: KillSite,
  job: LossJob,
): Promise<LossFound> {
  return withDirectory(parent, async (directory) => {
    await using child = new Child(
      commandFor(runtime, worker, { ...job, directory }),
      { timeoutMs: lifeMs + 20_000 },
    );
    await child.nextLine();
    await sleep(lifeMs);
    const killedAt = sharedNow();
    child.kill("SIGKILL");
    const { signal, errors } = await child.ended;
    if (signal !== "SIGKILL") throw new Error(`It ended by itself: ${errors}`);
    const rows = readBoard(join(directory, "board"));
    const last = rows.at(-1)!;
    // A process in the middle of a sync dies after it.
    const endedAt = Math.max(killedAt, last.at);
    const { lastLsn, wrong } = await readBack(join(directory, "log"));
    return {
      acked: last.acked,
      killed: lossOf(rows, lastLsn, endedAt),
      powerLoss: lossOf(rows, last.durable, endedAt),
      wrong,
    };
  });
}

async function readBack(
  directory: string,
): Promise<{ lastLsn: number; wrong: number }> {
  await using wal = await Wal.open(directory, { warn() {} });
  const decoder = new TextDecoder();
  let wrong = 0;
  for await (const { lsn, data } of wal.read()) {
    if (decoder.decode(data) !== numbered(lsn)) wrong++;
  }
  return { lastLsn: wal.lastLsn, wrong };
}
