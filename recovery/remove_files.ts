import { removeIfThere } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import type { FileNames } from "./survey.ts";

/**
 * Removes files whose making was cut short, of this opening's `epoch` or
 * before. Those of a later one belong to an owner that has overtaken this one
 * and is about to finish them.
 */
export async function removeUnfinished(
  storage: Storage,
  { unfinished }: FileNames,
  epoch: number,
): Promise<void> {
  const mine = unfinished.filter((file) => file.epoch <= epoch);
  await removeFiles(storage, mine);
}

/**
 * Removes files, in order, and makes that durable. One that is gone already was
 * removed by somebody else who recovers.
 */
export async function removeFiles(
  storage: Storage,
  files: readonly { name: string }[],
): Promise<void> {
  if (files.length === 0) return;
  for (const { name } of files) await removeIfThere(storage, name);
  await storage.syncDirectory();
}
