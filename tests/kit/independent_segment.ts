/*
 * Reads one segment, written from docs/format.md alone: see
 * `independent_decoder.ts`.
 */

/** Why a log is refused. */
export class Refusal extends Error {
  /** Whether it is damaged, or of an unknown version. */
  readonly kind: "damage" | "version";

  /** Says where and why. */
  constructor(kind: Refusal["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A whole frame. */
export interface DecodedFrame {
  offset: number;
  checksum: number;
  previous: number;
  firstLsn: number;
  syncedLsn: number;
  count: number;
  length: number;
  time: number;
  kind: number;
  flags: number;
  /** What a hole says. */
  hole?: { resumes: number; lost: number };
}

/** A record, its number, and when it was written. */
export interface DecodedRecord {
  lsn: number;
  time: number;
  data: Uint8Array;
}

/** The log's metadata. */
export interface DecodedMeta {
  version: number;
  bytes: Uint8Array;
}

/** A segment up to where its frames end. */
export interface DecodedSegment {
  file: string;
  firstLsn: number;
  epoch: number;
  salt: number;
  previous: number;
  log: string;
  frames: DecodedFrame[];
  /** Where the last frame that counts ends. */
  end: number;
}

/** A segment, and where a reader is in it. */
export interface Chain extends DecodedSegment {
  bytes: Uint8Array;
  records: DecodedRecord[];
  nextLsn: number;
  link: number;
  /** The newest metadata in its frames. */
  meta?: DecodedMeta;
  /** What a segment that begins at `nextLsn` has to name. */
  joint: number;
}

/** Reads a segment's header. */
export function startSegment(file: string, bytes: Uint8Array): Chain {
  const view = checkHead(file, bytes, "SYNCLINE", 64);
  const previous = view.getUint32(36, true);
  const firstLsn = u64(view, 16);
  const epoch = u64(view, 24);
  const [, first, second] = /^(\d+)-(\d+)\./.exec(file)!;
  if (Number(first) !== firstLsn || Number(second) !== epoch) {
    throw new Refusal("damage", `${file}: header and name differ`);
  }
  return {
    file,
    firstLsn,
    epoch,
    salt: view.getUint32(32, true),
    previous,
    log: hex(bytes.subarray(40, 56)),
    frames: [],
    end: 64,
    bytes,
    records: [],
    nextLsn: firstLsn,
    link: previous,
    joint: previous,
  };
}

/** What manifests and segments have in common; `size` is that of the header. */
export function checkHead(
  file: string,
  bytes: Uint8Array,
  magic: string,
  size: number,
): DataView {
  if (bytes.length < size) throw new Refusal("damage", `${file}: short`);
  const view = viewOf(bytes);
  if (new TextDecoder().decode(bytes.subarray(0, 8)) !== magic) {
    throw new Refusal("damage", `${file}: magic`);
  }
  if (view.getUint32(size - 4, true) !== crc(bytes, 0, size - 4)) {
    throw new Refusal("damage", `${file}: checksum`);
  }
  if (view.getUint32(8, true) !== 1) {
    throw new Refusal("version", `${file}: version`);
  }
  if (view.getUint16(12, true) !== 0) {
    throw new Refusal("version", `${file}: flags`);
  }
  return view;
}

/** Takes the frames that are next, up to record `end - 1`. */
export function readFrames(chain: Chain, end: number): void {
  while (chain.nextLsn < end) {
    const frame = wholeFrame(chain.bytes, chain.end, chain.salt);
    if (frame === undefined || frame.previous !== chain.link) return;
    const lsns = frame.hole?.lost ?? frame.count;
    if (frame.firstLsn !== chain.nextLsn) return;
    if (frame.firstLsn + lsns > end) return;
    requireKnown(chain.file, frame);
    if (frame.kind === 0) takeRecords(chain, frame);
    chain.frames.push(frame);
    chain.end += size(frame.length);
    chain.nextLsn += lsns;
    if (frame.kind === 0) chain.link = frame.checksum;
    if (frame.hole) chain.link = frame.hole.resumes;
    if (lsns > 0) chain.joint = chain.link;
  }
}

function requireKnown(file: string, { offset, kind, flags }: DecodedFrame) {
  const place = `${file}, offset ${offset}`;
  const known = kind === 0 ? 0x01 : 0;
  if ((flags & 0x0f & ~known) !== 0) {
    throw new Refusal("version", `${place}: flags`);
  }
  if (kind < 3 || kind >= 128) return;
  throw new Refusal("version", `${place}: kind ${kind}`);
}

/** Takes the records of a frame, and the metadata after them. */
function takeRecords(chain: Chain, frame: DecodedFrame): void {
  const { file, bytes } = chain;
  const { offset, firstLsn, count, length, time, flags } = frame;
  const view = viewOf(bytes);
  const entries: Uint8Array[] = [];
  const total = count + (flags & 0x01);
  const end = offset + 48 + length;
  let at = offset + 48;
  while (entries.length < total && at + 4 <= end) {
    const start = at + 4;
    at = start + view.getUint32(at, true);
    entries.push(bytes.subarray(start, at));
  }
  if (entries.length !== total || at !== end) {
    throw new Refusal("damage", `${file}, offset ${offset}: records`);
  }
  for (const [index, data] of entries.slice(0, count).entries()) {
    chain.records.push({ lsn: firstLsn + index, time, data });
  }
  const meta = total > count ? entries[count] : new Uint8Array();
  if (meta.length < 8) return;
  const version = u64(viewOf(meta), 0);
  chain.meta = newer(chain.meta, { version, bytes: meta.subarray(8) });
}

/** The metadata of the higher version. */
export function newer(
  one: DecodedMeta | undefined,
  other: DecodedMeta | undefined,
): DecodedMeta | undefined {
  return (other?.version ?? 0) > (one?.version ?? 0) ? other : one;
}

/** The highest LSN that a whole frame after the segment's end declares synced. */
export function strayLsn({ bytes, end, salt }: Chain): number {
  let highest = 0;
  for (let at = end; at < bytes.length;) {
    const frame = wholeFrame(bytes, at, salt);
    highest = Math.max(highest, frame?.syncedLsn ?? 0);
    at += frame ? size(frame.length) : 8;
  }
  return highest;
}

/** The index at the end of a segment: first LSN and offset of some frames. */
export function indexOf({ bytes, salt }: Chain): [number, number][] {
  const view = viewOf(bytes);
  const end = bytes.length;
  if (end < 8 || view.getUint32(end - 4, true) !== 0x58494c53) return [];
  const offset = end - view.getUint32(end - 8, true);
  const seal = offset < 64 ? undefined : wholeFrame(bytes, offset, salt);
  if (seal?.kind !== 1) return [];
  const entries: [number, number][] = [];
  for (let at = offset + 48; at + 16 < end; at += 16) {
    const [lsn, place] = [u64(view, at), u64(view, at + 8)];
    const frame = wholeFrame(bytes, place, salt);
    if (frame?.firstLsn === lsn) entries.push([lsn, place]);
  }
  return entries;
}

function wholeFrame(
  bytes: Uint8Array,
  offset: number,
  salt: number,
): DecodedFrame | undefined {
  if (bytes.length < offset + 48) return undefined;
  const view = viewOf(bytes.subarray(offset));
  if (view.getUint32(0, true) !== 0x31464c53) return undefined;
  if (view.getUint32(8, true) !== salt) return undefined;
  const count = view.getUint32(32, true);
  const length = view.getUint32(36, true);
  const [kind, flags] = bytes.subarray(offset + 46, offset + 48);
  const isPlain = kind > 2 || (flags & 0x0f & (kind === 0 ? ~0x01 : ~0)) > 0;
  const entries = count + (kind === 0 ? flags & 0x01 : 0);
  if (length > 67108864) return undefined;
  if (!isPlain && entries * 4 > length) return undefined;
  const end = offset + size(length);
  if (bytes.length < end) return undefined;
  const checksum = view.getUint32(4, true);
  if (checksum !== crc(bytes, offset + 8, end)) return undefined;
  const frame = {
    offset,
    checksum,
    previous: view.getUint32(12, true),
    firstLsn: u64(view, 16),
    syncedLsn: u64(view, 24),
    count,
    length,
    time: view.getUint32(40, true) + 2 ** 32 * view.getUint16(44, true),
    kind,
    flags,
  };
  if (frame.firstLsn + (count - 1) > Number.MAX_SAFE_INTEGER) return undefined;
  if ((frame.kind === 0) !== (count > 0)) return undefined;
  if (frame.kind !== 2) return frame;
  if (length !== 12) return undefined;
  const resumes = view.getUint32(48, true);
  const lost = u64(view, 52);
  const last = frame.firstLsn + lost - 1;
  const isSound = frame.syncedLsn === last && Number.isSafeInteger(last);
  return isSound ? { ...frame, hole: { resumes, lost } } : undefined;
}

function size(length: number): number {
  return Math.ceil((48 + length) / 8) * 8;
}

/** A u64 as a number. */
export function u64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

/** Bytes in base 16. */
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** CRC-32, a bit at a time. */
export function crc(bytes: Uint8Array, from: number, to: number): number {
  let rest = 0xffffffff;
  for (let at = from; at < to; at++) {
    rest ^= bytes[at];
    for (let bit = 0; bit < 8; bit++) {
      rest = rest & 1 ? rest >>> 1 ^ 0xedb88320 : rest >>> 1;
    }
  }
  return ~rest >>> 0;
}
