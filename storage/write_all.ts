import type { MaybePromise, StorageFile } from "./storage.ts";

/**
 * Writes all of `bytes` at `offset`, going on after short writes; at once if
 * the file answers at once.
 */
export function writeAll(
  file: StorageFile,
  bytes: Uint8Array,
  offset: number,
): MaybePromise<void> {
  const written = file.write(bytes, offset);
  if (typeof written === "number") {
    return continueWrite(file, bytes, offset, written);
  }
  return written.then((count) => continueWrite(file, bytes, offset, count));
}

function continueWrite(
  file: StorageFile,
  bytes: Uint8Array,
  offset: number,
  written: number,
): MaybePromise<void> {
  if (written === bytes.length) return;
  if (!(written > 0 && written < bytes.length)) {
    throw new Error(
      `Cannot write ${bytes.length} bytes at offset ${offset} as the storage ` +
        `says that it wrote ${written}`,
    );
  }
  return writeAll(file, bytes.subarray(written), offset + written);
}
