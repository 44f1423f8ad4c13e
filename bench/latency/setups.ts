import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { join } from "node:path";
import { contenders } from "../../demo/contenders.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { HandGroup } from "../peers/hand_group.ts";

/** What takes the records that arrive. */
export interface Taker {
  /** Resolves when the record is durable. */
  append(record: Buffer): Promise<unknown>;
}

/** A way to make records durable whose latency is measured. */
export interface Setup {
  readonly name: string;
  /** Opens it in an empty directory. */
  open(directory: string): Promise<Taker>;
}

/** The floor, the demonstration's policies, and syncs on another thread. */
export const setups: readonly Setup[] = [
  { name: "floor: bare group commit", open: openFloor },
  ...contenders().map(({ name }, index) =>
    // Fresh each time: a policy belongs to one log.
    withOptions(name, () => ({ policy: contenders()[index].policy }))
  ),
  withOptions("LeaderCommitPolicy, io threaded", () => ({
    policy: new LeaderCommitPolicy(),
    storage: (directory) => new NodeStorage(directory, { io: "threaded" }),
  })),
];

function withOptions(name: string, options: () => WalOptions): Setup {
  const open = (directory: string) =>
    Wal.open(join(directory, "log"), options());
  return { name, open };
}

/** What the disk and its neighbours do to anybody: no frames, no library. */
function openFloor(directory: string): Promise<Taker> {
  const file = fs.openSync(join(directory, "floor"), "w");
  let offset = 0;
  return Promise.resolve(
    new HandGroup((records) => {
      const bytes = Buffer.concat(records);
      offset += fs.writeSync(file, bytes, 0, bytes.length, offset);
      fs.fdatasyncSync(file);
    }),
  );
}
