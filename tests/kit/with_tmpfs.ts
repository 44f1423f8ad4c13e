import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";

/**
 * Mounts a small tmpfs at `directory`, which is made if need be, for as long as
 * `use` runs; or another file system in memory. Says so, and runs nothing,
 * where mounting is not permitted.
 */
export async function withTmpfs(
  directory: string,
  options: string,
  use: () => void | Promise<void>,
  type: "tmpfs" | "ramfs" = "tmpfs",
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const args = ["-t", type, "-o", options, type, directory];
  const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
  if (status !== 0) {
    console.log(
      `skipped: cannot mount a ${type}: ${stderr ?? "no mount"}`.trim(),
    );
    return;
  }
  try {
    await use();
  } finally {
    const { stderr } = spawnSync("umount", [directory], { encoding: "utf8" });
    if (stderr) console.log(stderr);
  }
}
