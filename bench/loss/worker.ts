/**
 * The process that is killed: it appends numbered records at a steady rate, and
 * tells each ack.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { Wal } from "../../wal.ts";
import { levels } from "../levels/levels_job.ts";
import { BoardWriter } from "./board.ts";
import { type LossJob, numbered } from "./loss_job.ts";

async function run(
  { directory, rate, ...job }: LossJob & { readonly directory: string },
): Promise<void> {
  const { synchronous, ack } = levels.find(({ name }) => name === job.level)!;
  const wal = await Wal.open(join(directory, "log"), {
    flushing: job.flushing,
    policy: parsePolicy(job.policy),
    synchronous,
    warn() {},
  });
  const board = new BoardWriter(join(directory, "board"));
  let acked = 0;
  const tell = (lsn: number) => {
    acked = lsn;
    board.tell(acked, wal.durableLsn);
  };
  const fail = (error: unknown) => {
    console.error(error);
    process.exit(1);
  };
  const startedAt = performance.now();
  let appended = 0;
  const beat = () => {
    // What became durable since the last ack.
    board.tell(acked, wal.durableLsn);
    const due = (performance.now() - startedAt) / 1000 * rate;
    while (appended < due) {
      wal.append(numbered(++appended), { ack }).then(tell, fail);
    }
    setTimeout(beat, 1);
  };
  beat();
  console.log("ready");
}

await run(JSON.parse(process.argv[2]));
