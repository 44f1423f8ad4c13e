import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../runner/files.ts";

const SCRIPT = join(root, "tests/s3/cluster.sh");

/** What cluster.sh starts, and Debian's packages that have it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "ceph-mon": "ceph-mon",
  "ceph-osd": "ceph-osd",
  "ceph-mgr": "ceph-mgr",
  radosgw: "radosgw",
  ceph: "ceph-common",
};

/** The processes of the cluster. */
export const DAEMONS = {
  monitor: ["mon.a", "mon.b", "mon.c"],
  OSD: ["osd.0", "osd.1", "osd.2"],
  gateway: ["rgw.1", "rgw.2"],
} as const;

/** Why there can be no cluster here; `undefined` if there can. */
export function whyNoCluster(): string | undefined {
  const missing = Object.entries(PROGRAMS).filter(([program]) =>
    spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0
  ).map(([, name]) => name);
  if (missing.length === 0) return undefined;
  return `there is no ${missing.join(", ")}: apt-get install ` +
    `--no-install-recommends ${Object.values(PROGRAMS).join(" ")}`;
}

/** Calls cluster.sh; rejects if it fails. */
export async function cluster(...args: string[]): Promise<void> {
  const child = spawn(SCRIPT, args, { cwd: root, stdio: "inherit" });
  const code = await new Promise((resolve, reject) =>
    child.once("error", reject).once("close", resolve)
  );
  if (code !== 0) throw new Error(`cluster.sh ${args.join(" ")} failed`);
}
