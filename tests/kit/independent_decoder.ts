import {
  type Chain,
  checkHead,
  crc,
  type DecodedMeta,
  type DecodedRecord,
  type DecodedSegment,
  hex,
  indexOf,
  newer,
  readFrames,
  Refusal,
  startSegment,
  strayLsn,
  u64,
} from "./independent_segment.ts";

/*
 * A reader of logs, written from docs/format.md alone: it shares no code with
 * the library, so that a mistake has to be made twice to go unseen.
 */

/** What a manifest says. */
export interface DecodedManifest {
  log: string;
  epoch: number;
  firstLsn: number;
  baseLsn: number;
  durableLsn: number;
  rewriteLsn: number;
  time: number;
  link: number;
  closed: boolean;
  /** Where the log was cut: epoch and last LSN. */
  cuts: [number, number][];
  meta?: DecodedMeta;
}

/** A log as read; what was found before a refusal, if it is refused. */
export interface DecodedLog {
  /** The manifest that counts; absent in an empty directory. */
  manifest?: DecodedManifest;
  /** The segments that make up the log, in order. */
  segments: DecodedSegment[];
  /** Segments that an owner made after it was displaced. */
  fenced: string[];
  /** LSN of the oldest record kept. */
  firstLsn: number;
  /** LSN of the last record. */
  lastLsn: number;
  /** The records kept, in order. */
  records: DecodedRecord[];
  /** The records that are gone, by first and last LSN. */
  holes: [number, number][];
  /** For each segment, the true entries of its index: LSN and offset. */
  indexes: [number, number][][];
  /** The log's metadata. */
  meta?: DecodedMeta;
  /** Whether the end is a torn tail. */
  torn: boolean;
  /** Why the log is refused, on opening or on reading all of it. */
  refusal?: Refusal;
}

/** A segment's name, and the numbers in it; revision 0 was never repaired. */
export interface DecodedName {
  file: string;
  firstLsn: number;
  epoch: number;
  revision: number;
}

/** Reads a log from its files by name. */
export function decodeLog(files: ReadonlyMap<string, Uint8Array>): DecodedLog {
  const log: DecodedLog = {
    segments: [],
    fenced: [],
    firstLsn: 1,
    lastLsn: 0,
    records: [],
    holes: [],
    indexes: [],
    torn: false,
  };
  try {
    read(files, log);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    log.refusal = error;
  }
  return log;
}

function read(files: ReadonlyMap<string, Uint8Array>, log: DecodedLog): void {
  const names = [...files.keys()].flatMap(parseName);
  const manifest = readManifest(files);
  const newest = Math.max(0, ...names.map(({ epoch }) => epoch));
  if (newest > (manifest?.epoch ?? 0)) {
    throw new Refusal("damage", `the manifest of epoch ${newest} is missing`);
  }
  if (manifest === undefined) return;
  log.manifest = manifest;
  log.firstLsn = manifest.firstLsn;
  log.lastLsn = manifest.firstLsn - 1;
  const { live, fenced } = arrange(names, manifest);
  log.fenced = fenced.map(({ file }) => file);
  requireStart(live[0], manifest);
  let before: Chain | undefined;
  for (const [index, { file }] of live.entries()) {
    const next = live[index + 1];
    const chain = startSegment(file, files.get(file)!);
    if (chain.log !== manifest.log) {
      throw new Refusal("damage", `${file}: another log's`);
    }
    if (before !== undefined && chain.previous !== before.joint) {
      throw new Refusal("damage", `${file}: does not link to ${before.file}`);
    }
    const isOld = chain.epoch < manifest.epoch;
    const end = next?.firstLsn ?? (isOld ? manifest.baseLsn + 1 : Infinity);
    try {
      readFrames(chain, end);
    } finally {
      note(log, chain);
    }
    if (next !== undefined && chain.nextLsn !== end) {
      throw new Refusal(
        "damage",
        `${file}: record ${chain.nextLsn} is missing`,
      );
    }
    before = chain;
  }
  log.meta = newer(manifest.meta, before?.meta);
  if (before === undefined) return;
  const isWhole = before.epoch < manifest.epoch &&
    before.nextLsn === manifest.baseLsn + 1;
  log.torn = judgeEnd(before, manifest, isWhole);
}

/** The numbers in a segment's name; nothing for other files. */
export function parseName(file: string): DecodedName[] {
  const match = /^(\d{16})-(\d{8,})(?:\.([1-9]\d*))?\.wal$/.exec(file);
  if (match === null) return [];
  const [firstLsn, epoch, revision] = match.slice(1).map((text) =>
    Number(text ?? 0)
  );
  return [{ file, firstLsn, epoch, revision }];
}

function readManifest(
  files: ReadonlyMap<string, Uint8Array>,
): DecodedManifest | undefined {
  const epochs = [...files.keys()]
    .flatMap((file) => /^(\d{8,})\.manifest$/.exec(file)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b));
  const highest = epochs.at(-1);
  if (highest === undefined) return undefined;
  const file = `${highest}.manifest`;
  const bytes = files.get(file)!;
  const view = checkHead(file, bytes.subarray(0, 128), "SYNCMANI", 128);
  const manifest: DecodedManifest = {
    log: hex(bytes.subarray(16, 32)),
    epoch: u64(view, 32),
    firstLsn: u64(view, 40),
    baseLsn: u64(view, 48),
    durableLsn: u64(view, 56),
    rewriteLsn: u64(view, 64),
    time: u64(view, 72),
    link: view.getUint32(80, true),
    closed: view.getUint32(84, true) === 1,
    ...tailOf(file, bytes, view),
  };
  if (manifest.epoch === Number(highest)) return manifest;
  throw new Refusal("damage", `${file}: holds epoch ${manifest.epoch}`);
}

/** The cuts and the metadata after a manifest. */
function tailOf(
  file: string,
  bytes: Uint8Array,
  view: DataView,
): Pick<DecodedManifest, "cuts" | "meta"> {
  const [count, length] = [view.getUint32(88, true), view.getUint32(92, true)];
  const version = u64(view, 96);
  const metaAt = 128 + 16 * count;
  const end = metaAt + length;
  if (count > 8 || length > 4096 || bytes.length < end) {
    throw new Refusal("damage", `${file}: cuts or metadata`);
  }
  if (count === 0 && version === 0) return { cuts: [] };
  if (view.getUint32(104, true) !== crc(bytes, 128, end)) {
    throw new Refusal("damage", `${file}: checksum of cuts and metadata`);
  }
  const pairs = new DataView(bytes.buffer, bytes.byteOffset + 128);
  const cuts = Array.from({ length: count }, (_, index): [number, number] => [
    u64(pairs, 16 * index),
    u64(pairs, 16 * index + 8),
  ]);
  const meta = { version, bytes: bytes.subarray(metaAt, end) };
  return { cuts, ...(version > 0 && { meta }) };
}

/** Which segments count, by the steps in docs/format.md. */
export function arrange(
  names: readonly DecodedName[],
  { epoch, firstLsn, baseLsn, rewriteLsn }: Pick<
    DecodedManifest,
    "epoch" | "firstLsn" | "baseLsn" | "rewriteLsn"
  >,
): { live: DecodedName[]; fenced: DecodedName[] } {
  const latest = names.filter((one) =>
    !names.some((other) =>
      other.firstLsn === one.firstLsn && other.epoch === one.epoch &&
      other.revision > one.revision
    )
  );
  const isRewritten = rewriteLsn !== 0 &&
    latest.some((one) => one.epoch === epoch && one.firstLsn === rewriteLsn);
  const kept = latest.filter((one) =>
    !(isRewritten && one.epoch < epoch && one.firstLsn >= rewriteLsn &&
      one.firstLsn <= baseLsn)
  );
  kept.sort((a, b) => a.firstLsn - b.firstLsn || a.epoch - b.epoch);
  const live: DecodedName[] = [];
  const fenced: DecodedName[] = [];
  for (const one of kept) {
    const isLate = one.epoch < epoch && one.firstLsn > baseLsn;
    const isPassed = live.some((before) => before.epoch > one.epoch);
    (isLate || isPassed ? fenced : live).push(one);
  }
  while (live.length > 1 && live[1].firstLsn <= firstLsn) live.shift();
  if (live.length === 1 && live[0].epoch < epoch && baseLsn < firstLsn) {
    live.shift();
  }
  return { live, fenced: fenced.filter((one) => one.firstLsn >= firstLsn) };
}

function requireStart(
  first: DecodedName | undefined,
  { firstLsn, durableLsn }: DecodedManifest,
): void {
  const isWhole = first === undefined
    ? durableLsn < firstLsn
    : first.firstLsn <= firstLsn;
  if (!isWhole) throw new Refusal("damage", `record ${firstLsn} is missing`);
}

/** Adds what of a segment counts. */
function note(log: DecodedLog, chain: Chain): void {
  const { file, firstLsn, epoch, salt, previous, frames, end } = chain;
  const segment = { file, firstLsn, epoch, salt, previous, log: chain.log };
  log.segments.push({ ...segment, frames, end });
  log.indexes.push(indexOf(chain));
  log.records.push(...chain.records.filter(({ lsn }) => lsn >= log.firstLsn));
  for (const { firstLsn, hole } of frames) {
    const first = Math.max(firstLsn, log.firstLsn);
    const last = firstLsn + (hole?.lost ?? 0) - 1;
    if (last >= first) log.holes.push([first, last]);
  }
  log.lastLsn = Math.max(log.lastLsn, chain.nextLsn - 1);
}

/** Whether what follows the end is a torn tail. */
function judgeEnd(
  chain: Chain,
  { firstLsn, durableLsn, closed, link }: DecodedManifest,
  isWhole: boolean,
): boolean {
  const { file, nextLsn, bytes, end } = chain;
  if (!isWhole && strayLsn(chain) >= nextLsn) {
    throw new Refusal("damage", `${file}: record ${nextLsn} was synced`);
  }
  if (durableLsn >= nextLsn && durableLsn >= firstLsn) {
    throw new Refusal("damage", `${file}: record ${nextLsn} was durable`);
  }
  const isClosed = closed && durableLsn === nextLsn - 1;
  if (isClosed && chain.joint !== link) {
    throw new Refusal("damage", `${file}: closed with another link`);
  }
  return !isWhole && !isClosed &&
    bytes.subarray(end).some((byte) => byte !== 0);
}
