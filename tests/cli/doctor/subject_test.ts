import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  FILE_BYTES,
  StorageSubject,
  type Trial,
} from "../../../cli/doctor/subject.ts";
import { WorkerSubject } from "../../../cli/doctor/worker_subject.ts";
import { defaultStorage } from "../../../storage/storage_target.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { assertEquals, assertRejects } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

const MEBIBYTE = 1024 * 1024;
const FULL = FILE_BYTES / MEBIBYTE;

async function sizeAfter(
  dir: string,
  trial: Trial,
  runs: number,
): Promise<number> {
  const path = join(dir, `${trial.file}-${trial.call}-${runs}`);
  const name = path.slice(dir.length + 1);
  const storage = await defaultStorage(dir, { io: "blocking" });
  const made = await StorageSubject.make(storage, name, trial);
  const subject = trial.call === "worker"
    ? await WorkerSubject.make(path, trial)
    : made;
  for (let run = 1; run < runs; run++) await subject.run();
  await subject.prepare();
  await subject.close();
  if (subject !== made) await made.close();
  return (await readFile(path)).length / MEBIBYTE;
}

test("subjects write after what they wrote, and start over in time", () =>
  withTempDir(async (dir) => {
    for (const call of ["none", "blocking", "threaded", "worker"] as const) {
      const zeroed: Trial = { file: "zeroed", call, bytes: MEBIBYTE };
      const growing: Trial = { ...zeroed, file: "growing" };
      assertEquals(await sizeAfter(dir, zeroed, 1), FULL);
      assertEquals(await sizeAfter(dir, zeroed, FULL + 3), FULL);
      assertEquals(await sizeAfter(dir, growing, 3), 3);
      assertEquals(await sizeAfter(dir, growing, FULL + 1), 1);
    }
  }));

test("WorkerSubject rejects with what its worker could not do", () =>
  withTempDir(async (dir) => {
    const trial: Trial = { file: "growing", call: "worker", bytes: 9 };
    const path = join(dir, "missing");
    const make = () => WorkerSubject.make(path, trial);
    const { code } = await assertRejects(make, StorageError);
    assertEquals(code, "ENOENT");
    await writeFile(path, "");
    await (await WorkerSubject.make(path, trial)).close();
  }));
