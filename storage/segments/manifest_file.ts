import { CorruptLogError } from "../corrupt_log_error.ts";
import { FormatVersionError } from "../format/envelope.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
  MANIFEST_BYTES,
} from "../format/manifest.ts";
import { formatManifestName } from "../format/file_names.ts";
import { removeQuietly } from "./segment_files.ts";
import { type Storage, writeAll } from "../storage.ts";
import { readFully } from "./segment_reader.ts";

/**
 * Replaces the manifest of its epoch; on resolve it is durable. A crash leaves
 * the one before or this one. If it fails, nothing is left behind.
 *
 * Only the owner of an epoch writes its manifest, so one that was overtaken
 * never touches its successor's.
 */
export async function writeManifest(
  storage: Storage,
  manifest: Manifest,
): Promise<void> {
  const name = formatManifestName(manifest.epoch);
  const temporary = `${name}.tmp`;
  try {
    const file = await storage.open(temporary, "create");
    try {
      await writeAll(file, encodeManifest(manifest), 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    await storage.rename(temporary, name);
  } catch (error) {
    await removeQuietly(storage, temporary);
    throw error;
  }
  await storage.syncDirectory();
}

/** Reads the manifest of `epoch`, which is there. */
export async function readManifest(
  storage: Storage,
  epoch: number,
): Promise<Manifest> {
  const name = formatManifestName(epoch);
  const path = `${storage.location}/${name}`;
  const file = await storage.open(name, "read");
  try {
    const found = decodeManifest(await readFully(file, 0, MANIFEST_BYTES));
    if (!("fault" in found) && found.epoch === epoch) return found;
    if (!("fault" in found)) {
      const reason = `manifest: expected epoch ${epoch}, found ${found.epoch}`;
      throw new CorruptLogError(path, 0, reason);
    }
    if (found.fault === "version") {
      throw new FormatVersionError(path, found.found, found.expected);
    }
    const { fault, expected } = found;
    const reason = `manifest ${fault}: expected ${expected}, found ` +
      found.found;
    throw new CorruptLogError(path, 0, reason);
  } finally {
    await file.close();
  }
}
