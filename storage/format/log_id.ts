/** Bytes of a log's id. */
export const LOG_ID_BYTES = 16;

/** A log's id from four random 32-bit numbers. */
export function makeLogId(random: () => number): string {
  const parts = [random(), random(), random(), random()];
  return parts.map((part) => part.toString(16).padStart(8, "0")).join("");
}

/** Writes a log's id, 32 hexadecimal digits, at `at`. */
export function encodeLogId(into: Uint8Array, at: number, id: string): void {
  for (let index = 0; index < LOG_ID_BYTES; index++) {
    into[at + index] = parseInt(id.slice(2 * index, 2 * index + 2), 16);
  }
}

/** Reads what {@linkcode encodeLogId} wrote. */
export function decodeLogId(bytes: Uint8Array, at: number): string {
  let id = "";
  for (let index = 0; index < LOG_ID_BYTES; index++) {
    id += bytes[at + index].toString(16).padStart(2, "0");
  }
  return id;
}
