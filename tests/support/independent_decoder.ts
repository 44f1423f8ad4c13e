/*
 * A reader of logs, written from docs/format.md alone: it shares no line with
 * the library, so that a mistake has to be made twice to go unseen.
 */

/** A frame that links. */
export interface DecodedFrame {
  offset: number;
  checksum: number;
  previous: number;
  firstLsn: number;
  syncedLsn: number;
  count: number;
  length: number;
  /** What a frame says that is neither records nor a mark. */
  hole?: { resumes: number; lost: number };
}

/** A segment up to where its frames end. */
export interface DecodedSegment {
  file: string;
  firstLsn: number;
  epoch: number;
  salt: number;
  previous: number;
  frames: DecodedFrame[];
  /** Where the last frame that links ends. */
  end: number;
}

/** A log as read. */
export interface DecodedLog {
  segments: DecodedSegment[];
  fenced: string[];
  /** LSN of the first of `records`. */
  firstLsn: number;
  records: Uint8Array[];
  /** The records that are gone, by first and last LSN. */
  holes: [number, number][];
  remainder: "nothing" | "zeros" | "bytes";
  decision: "accept" | "cut" | "refuse";
}

interface Chain extends DecodedSegment {
  bytes: Uint8Array;
  records: Uint8Array[];
  nextLsn: number;
  link: number;
}

/** Reads a log from its files by name. */
export function decodeLog(files: ReadonlyMap<string, Uint8Array>): DecodedLog {
  const { live, fenced } = sortFiles([...files.keys()]);
  const chains = live.map((file) => decodeSegment(file, files.get(file)!));
  const records: Uint8Array[] = [];
  const holes: [number, number][] = [];
  for (const [index, chain] of chains.entries()) {
    const next = chains[index + 1];
    if (next) endAt(chain, next);
    const end = next?.firstLsn ?? Infinity;
    for (const { firstLsn, hole } of chain.frames) {
      if (!hole || hole.lost === 0 || firstLsn >= end) continue;
      holes.push([firstLsn, firstLsn + hole.lost - 1]);
    }
    records.push(...chain.records);
  }
  const last = chains.at(-1);
  return {
    segments: chains.map(({ file, ...chain }) => ({
      file,
      firstLsn: chain.firstLsn,
      epoch: chain.epoch,
      salt: chain.salt,
      previous: chain.previous,
      frames: chain.frames,
      end: chain.end,
    })),
    fenced,
    firstLsn: chains[0]?.firstLsn ?? 1,
    records,
    holes,
    ...(last ? judgeEnd(last) : { remainder: "nothing", decision: "accept" }),
  };
}

function sortFiles(names: string[]): { live: string[]; fenced: string[] } {
  const live: string[] = [];
  const fenced: string[] = [];
  let epoch = 0;
  const key = (name: string) => name.split(/[-.]/).map(Number);
  const segments = names.filter((name) => /^\d{16}-\d{8,}\.wal$/.test(name));
  segments.sort((a, b) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1]);
  for (const name of segments) {
    (key(name)[1] < epoch ? fenced : live).push(name);
    epoch = Math.max(epoch, key(name)[1]);
  }
  return { live, fenced };
}

function decodeSegment(file: string, bytes: Uint8Array): Chain {
  const view = viewOf(bytes);
  const magic = new TextDecoder().decode(bytes.subarray(0, 8));
  if (magic !== "SYNCLINE") throw new Error(`${file}: magic`);
  if (view.getUint32(8, true) !== 1) throw new Error(`${file}: version`);
  if (view.getUint32(60, true) !== crc(bytes, 0, 60)) {
    throw new Error(`${file}: checksum`);
  }
  const chain: Chain = {
    file,
    bytes,
    firstLsn: Number(view.getBigUint64(16, true)),
    epoch: Number(view.getBigUint64(24, true)),
    salt: view.getUint32(32, true),
    previous: view.getUint32(36, true),
    frames: [],
    records: [],
    end: 64,
    nextLsn: Number(view.getBigUint64(16, true)),
    link: view.getUint32(36, true),
  };
  const [, first, epoch] = /^(\d+)-(\d+)\.wal$/.exec(file)!;
  if (Number(first) !== chain.firstLsn || Number(epoch) !== chain.epoch) {
    throw new Error(`${file}: header and name differ`);
  }
  while (takeFrame(chain));
  return chain;
}

function takeFrame(chain: Chain): boolean {
  const frame = wholeFrame(chain.bytes, chain.end, chain.salt);
  if (!frame || frame.previous !== chain.link) return false;
  if (frame.firstLsn !== chain.nextLsn) return false;
  const view = viewOf(chain.bytes);
  let at = chain.end + 40;
  for (let index = 0; index < frame.count; index++) {
    const start = at + 4;
    at = start + view.getUint32(at, true);
    chain.records.push(chain.bytes.subarray(start, at));
  }
  if (frame.count > 0 && at !== chain.end + 40 + frame.length) {
    throw new Error("records");
  }
  chain.frames.push(frame);
  chain.end += size(frame.length);
  chain.nextLsn += frame.count + (frame.hole?.lost ?? 0);
  if (frame.count > 0) chain.link = frame.checksum;
  if (frame.hole) chain.link = frame.hole.resumes;
  return true;
}

function wholeFrame(
  bytes: Uint8Array,
  offset: number,
  salt: number,
): DecodedFrame | undefined {
  if (bytes.length < offset + 40) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(offset, true) !== 0x31464c53) return undefined;
  if (view.getUint32(offset + 8, true) !== salt) return undefined;
  const count = view.getUint32(offset + 32, true);
  const length = view.getUint32(offset + 36, true);
  if (length > 67108864 || count * 4 > length) return undefined;
  const end = offset + size(length);
  if (bytes.length < end) return undefined;
  const checksum = view.getUint32(offset + 4, true);
  if (checksum !== crc(bytes, offset + 8, end)) return undefined;
  const frame = {
    offset,
    checksum,
    previous: view.getUint32(offset + 12, true),
    firstLsn: Number(view.getBigUint64(offset + 16, true)),
    syncedLsn: Number(view.getBigUint64(offset + 24, true)),
    count,
    length,
  };
  if (count > 0 || length === 0) return frame;
  if (length !== 12) return undefined;
  const resumes = view.getUint32(offset + 40, true);
  const lost = Number(view.getBigUint64(offset + 44, true));
  const isSound = frame.syncedLsn === frame.firstLsn + lost - 1;
  return isSound ? { ...frame, hole: { resumes, lost } } : undefined;
}

/** A segment counts up to where the next one begins, which names its end. */
function endAt(chain: Chain, next: Chain): void {
  const counted = chain.frames.filter(({ firstLsn }) =>
    firstLsn < next.firstLsn
  );
  const last = counted.filter(({ count, hole }) => count > 0 || hole).at(-1);
  const link = last?.hole?.resumes ?? last?.checksum ?? chain.previous;
  if (chain.nextLsn < next.firstLsn || link !== next.previous) {
    throw new Error(`${next.file}: does not link to ${chain.file}`);
  }
  chain.records.length = counted.reduce((sum, { count }) => sum + count, 0);
}

function judgeEnd(
  { bytes, end, salt, nextLsn }: Chain,
): Pick<DecodedLog, "remainder" | "decision"> {
  const rest = bytes.subarray(end);
  const remainder = rest.length === 0
    ? "nothing"
    : rest.some((byte) => byte !== 0)
    ? "bytes"
    : "zeros";
  for (let at = end; at < bytes.length;) {
    const witness = wholeFrame(bytes, at, salt);
    if (witness && witness.syncedLsn >= nextLsn) {
      return { remainder, decision: "refuse" };
    }
    at += witness ? size(witness.length) : 8;
  }
  return { remainder, decision: remainder === "bytes" ? "cut" : "accept" };
}

function size(length: number): number {
  return Math.ceil((40 + length) / 8) * 8;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** CRC-32, a bit at a time. */
function crc(bytes: Uint8Array, from: number, to: number): number {
  let rest = 0xffffffff;
  for (let at = from; at < to; at++) {
    rest ^= bytes[at];
    for (let bit = 0; bit < 8; bit++) {
      rest = rest & 1 ? rest >>> 1 ^ 0xedb88320 : rest >>> 1;
    }
  }
  return ~rest >>> 0;
}
