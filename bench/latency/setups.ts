import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { join } from "node:path";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import { Wal } from "../../wal.ts";
import { HandGroup } from "../peers/contender.ts";
import { policyRoster } from "../policy_roster.ts";
import type { Sink } from "./open_loop.ts";

/** A way to make records durable whose latency is measured. */
export interface Setup {
  /** What `--only` and the tables call it: its policy, or a description. */
  readonly name: string;
  /** Opens it in an empty directory. */
  open(directory: string): Promise<Sink>;
}

/** The floor, the roster's policies, and the default with threaded I/O. */
export const setups: readonly Setup[] = [
  { name: "floor: bare group commit", open: openFloor },
  ...policyRoster.map(({ policy }) => policySetup(policy)),
  {
    name: "leader, io threaded",
    open: (directory) =>
      Wal.open(join(directory, "log"), {
        policy: parsePolicy("leader"),
        storage: (path) => new NodeStorage(path, { io: "threaded" }),
      }),
  },
];

/** The library with a policy; throws if `policy` describes none. */
export function policySetup(policy: string): Setup {
  parsePolicy(policy);
  return {
    name: policy,
    // A fresh one each time, because a policy belongs to one log.
    open: (directory) =>
      Wal.open(join(directory, "log"), { policy: parsePolicy(policy) }),
  };
}

/** What the disk and its other users cost anyone: no frames, no library. */
function openFloor(directory: string): Promise<Sink> {
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
