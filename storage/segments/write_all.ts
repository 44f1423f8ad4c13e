import type { MaybePromise, StorageFile } from "../storage.ts";

/**
 * Writes all of `bytes` at `offset` and continues after short writes; returns
 * no promise unless the file does.
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
      `Cannot write ${bytes.length} bytes at offset ${offset} because the ` +
        `storage reports that it wrote ${written}`,
    );
  }
  return writeAll(file, bytes.subarray(written), offset + written);
}
