import type { StorageCall } from "../../storage/memory_file.ts";
import type { MemoryStorage } from "../../storage/memory_storage.ts";

const SHOWN_BYTES = 512;

/** All files of a storage in hexadecimal, the first bytes of each. */
export function describeDisk(storage: MemoryStorage): string {
  const names = storage.list().sort();
  if (names.length === 0) return "  no file";
  return names.map((name) => {
    const bytes = storage.get(name)!;
    const rows = hexRows(bytes.subarray(0, SHOWN_BYTES));
    if (bytes.length > SHOWN_BYTES) rows.push("    ...");
    return [`  ${name}, ${bytes.length} bytes`, ...rows].join("\n");
  }).join("\n");
}

/** A call in words, without its storage. */
export function describeCall(call: StorageCall | undefined): string {
  if (call === undefined) return "the end";
  const { operation, file, offset, bytes } = call;
  const where = operation === "write" ? ` at ${offset}, ${bytes} bytes` : "";
  return `${operation}${file && ` ${file}`}${where}`;
}

/** Bytes of all files. */
export function diskBytes(storage: MemoryStorage): number {
  return storage.list()
    .reduce((sum, name) => sum + storage.get(name)!.length, 0);
}

/** Rows of 16; runs of zeros in one row. */
function hexRows(bytes: Uint8Array): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const isZero = row.every((byte) => byte === 0);
    if (isZero && rows.at(-1)?.endsWith("zeros")) continue;
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, "0"));
    const text = String.fromCharCode(...row).replaceAll(/[^ -~]/g, ".");
    const offset = at.toString(16).padStart(4, "0");
    rows.push(
      `    ${offset}  ${
        isZero ? "zeros" : `${hex.join(" ").padEnd(47)}  ${text}`
      }`,
    );
  }
  return rows;
}
