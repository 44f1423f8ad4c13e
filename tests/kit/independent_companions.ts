import { checkHead, crc, hex, Refusal, u64 } from "./independent_segment.ts";

/*
 * Reads cursors and snapshots, written from docs/format.md alone: see
 * `independent_decoder.ts`.
 */

/** What a cursor's file says. */
export interface DecodedCursor {
  log: string;
  sequence: number;
  lsn: number;
  epoch: number;
  /** Number of the last commit that is certainly durable. */
  confirmed: number;
  /** The LSNs of which a crash can leave the cursor at one, rising. */
  places: number[];
}

/** Reads a cursor's file. */
export function decodeCursorFile(
  file: string,
  bytes: Uint8Array,
): DecodedCursor {
  if (!/^[a-z0-9_-]{1,64}\.cursor$/.test(file)) {
    throw new Refusal("damage", `${file}: name`);
  }
  const slots = [0, 4096, 8192].flatMap((at) => {
    const slot = bytes.slice(at, at + 96);
    const view = wholeHead(file, slot, "SYNCCURS", 96);
    if (view === undefined) return [];
    return [{
      log: hex(slot.subarray(16, 32)),
      sequence: u64(view, 32),
      lsn: u64(view, 40),
      epoch: u64(view, 48),
      confirmed: u64(view, 56),
    }];
  });
  const newest = slots.toSorted((a, b) => b.sequence - a.sequence)[0];
  if (newest === undefined) throw new Refusal("damage", `${file}: no slot`);
  const mark = wholeHead(file, bytes.slice(12_288, 12_352), "SYNCMARK", 64);
  const confirmed = Math.max(
    mark === undefined ? 0 : u64(mark, 32),
    ...slots.map((slot) => slot.confirmed),
  );
  const places = slots.filter(({ sequence }) => sequence >= confirmed)
    .map(({ lsn }) => lsn).sort((a, b) => a - b);
  return { ...newest, confirmed, places };
}

/** What a snapshot says, and its content. */
export interface DecodedSnapshot {
  log: string;
  epoch: number;
  lsn: number;
  content: Uint8Array;
}

/** Reads a snapshot. */
export function decodeSnapshotFile(
  file: string,
  bytes: Uint8Array,
): DecodedSnapshot {
  const view = checkHead(file, bytes.subarray(0, 128), "SYNCSNAP", 128);
  const [, lsn, epoch] = /^(\d{16})-(\d{8,})\.snapshot$/.exec(file) ?? [];
  if (Number(lsn) !== u64(view, 40) || Number(epoch) !== u64(view, 32)) {
    throw new Refusal("damage", `${file}: header and name differ`);
  }
  const content = bytes.subarray(128);
  if (content.length !== u64(view, 48)) {
    throw new Refusal("damage", `${file}: length`);
  }
  if (crc(content, 0, content.length) !== view.getUint32(56, true)) {
    throw new Refusal("damage", `${file}: content`);
  }
  const log = hex(bytes.subarray(16, 32));
  return { log, epoch: Number(epoch), lsn: Number(lsn), content };
}

/** `undefined` if it is not whole; refuses other versions. */
function wholeHead(
  file: string,
  bytes: Uint8Array,
  magic: string,
  size: number,
): DataView | undefined {
  try {
    return checkHead(file, bytes, magic, size);
  } catch (error) {
    if (error instanceof Refusal && error.kind === "damage") return undefined;
    throw error;
  }
}
