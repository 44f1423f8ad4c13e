import { Buffer, isUtf8 } from "node:buffer";

/**
 * A record as a JSON object in one line: `{"lsn":1,"text":"…"}`, or with
 * `base64` where it is not valid UTF-8.
 */
export function formatRecord(lsn: number, data: Uint8Array): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const shown = isUtf8(bytes)
    ? { lsn, text: bytes.toString("utf8") }
    : { lsn, base64: bytes.toString("base64") };
  return JSON.stringify(shown);
}
