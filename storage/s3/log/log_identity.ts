import { hexOf, type LogId } from "./slot_object.ts";

/** What never changes about a log: the content of its object `log`. */
export interface LogIdentity {
  /** 16 random bytes that all its objects bear. */
  readonly id: LogId;
  /** Most slots that its owner may have in flight, from 1 to 64. */
  readonly window: number;
  /** LSN of its very first record. */
  readonly firstLsn: number;
}

const FORMAT = "syncline object log 1";

/** Encodes it, as JSON. */
export function encodeIdentity(
  { id, window, firstLsn }: LogIdentity,
): Uint8Array<ArrayBuffer> {
  const fields = { format: FORMAT, id: hexOf(id), window, firstLsn };
  return new TextEncoder().encode(JSON.stringify(fields) + "\n");
}

/** Decodes it; returns why not if it is none. */
export function decodeIdentity(bytes: Uint8Array): LogIdentity | string {
  const fields = parse(bytes);
  const { format, id, window, firstLsn } = Object(fields);
  if (format !== FORMAT) {
    return `expected the format "${FORMAT}", found ${JSON.stringify(format)}`;
  }
  const isValid = typeof id === "string" && /^[0-9a-f]{32}$/.test(id) &&
    Number.isSafeInteger(window) && window >= 1 && window <= 64 &&
    Number.isSafeInteger(firstLsn) && firstLsn >= 1;
  if (!isValid) {
    return `expected an id, a window and firstLsn, found ${
      JSON.stringify(fields)
    }`;
  }
  const pairs = id.match(/../g) ?? [];
  const log = Uint8Array.from(pairs, (pair: string) => parseInt(pair, 16));
  return { id: log, window, firstLsn };
}

function parse(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
