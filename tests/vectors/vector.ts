import { crc32 } from "../../storage/format/crc32.ts";
import { formatManifestName } from "../../storage/format/file_names.ts";
import {
  encodeManifest,
  type Manifest,
} from "../../storage/format/manifest.ts";
import {
  type ExpectedRecord,
  type ExpectedSegment,
  hex,
  LOG,
  Segment,
} from "./segment.ts";

/** What a reader has to make of one log. */
export interface Expected {
  vector: string;
  what: string;
  /** Why the log is refused; nothing else is expected then. */
  refusal?: "damage" | "version";
  /** LSN of the oldest record that is kept. */
  firstLsn: number;
  /** LSN of the last record. */
  lastLsn: number;
  /** The segments that make up the log, in order. */
  segments: ExpectedSegment[];
  /** Segments that an owner made after it was displaced. */
  fenced: string[];
  /** All records that are kept. */
  records: ExpectedRecord[];
  /** Records that are lost, by first and last LSN. */
  holes: [number, number][];
  /** The log's metadata, in base 16; absent without any. */
  meta?: string;
  /** Whether a crash may have torn the end, which `strict` refuses. */
  torn: boolean;
}

/** A log, its files and what is expected of it. */
export interface Vector {
  files: Map<string, Uint8Array>;
  expected: Expected;
}

/** What exists besides the segments that make up the log. */
export interface Circumstances {
  refusal?: Expected["refusal"];
  /** Its manifest; by default that of the owner that made the last segment. */
  manifest?: Partial<Manifest> | null;
  holes?: Expected["holes"];
  torn?: boolean;
  meta?: Uint8Array;
  fenced?: Segment[];
  /** Segments that do not count. */
  superseded?: Segment[];
  /** Other files by name. */
  files?: Record<string, Uint8Array>;
}

/** A log of `segments`, the last of which may have been torn. */
export function vector(
  name: string,
  what: string,
  segments: Segment[],
  circumstances: Circumstances = {},
): Vector {
  const { refusal, holes = [], torn = false, meta } = circumstances;
  const { fenced = [], superseded = [] } = circumstances;
  const manifest = manifestOf(segments, circumstances.manifest ?? {});
  const { firstLsn } = manifest;
  const files = new Map(
    [...segments, ...fenced, ...superseded]
      .map(({ expected, bytes }) => [expected.file, bytes]),
  );
  if (circumstances.manifest !== null) {
    files.set(formatManifestName(manifest.epoch), encodeManifest(manifest));
  }
  for (const [file, bytes] of Object.entries(circumstances.files ?? {})) {
    files.set(file, bytes);
  }
  for (const [index, segment] of segments.slice(0, -1).entries()) {
    const end = segments[index + 1].expected.firstLsn;
    const { frames } = segment.expected;
    segment.expect(frames.filter(({ firstLsn }) => firstLsn < end).length);
  }
  const records = segments.flatMap(({ records }) => records)
    .filter(({ lsn }) => lsn >= firstLsn);
  const lastLsn = Math.max(
    firstLsn - 1,
    ...records.map(({ lsn }) => lsn),
    ...holes.map(([, last]) => last),
  );
  return {
    files,
    expected: {
      vector: name,
      what,
      ...(refusal && { refusal }),
      firstLsn,
      lastLsn,
      segments: segments.map(({ expected }) => expected),
      fenced: fenced.map(({ expected }) => expected.file),
      records,
      holes,
      ...(meta && { meta: hex(meta) }),
      torn,
    },
  };
}

/** What the manifest says that an owner writes when it opens a log. */
export function manifestOf(
  segments: readonly Segment[],
  manifest: Partial<Manifest>,
): Manifest {
  const { epoch = 1, firstLsn = 1 } = segments.at(-1)?.expected ?? {};
  const oldest = segments[0]?.expected.firstLsn ?? 1;
  return {
    log: LOG,
    epoch,
    firstLsn: oldest,
    baseLsn: firstLsn - 1,
    durableLsn: firstLsn - 1,
    rewriteLsn: 0,
    time: firstLsn > 1 ? Segment.timeOf(firstLsn - 1) : 0,
    link: 0,
    closed: false,
    ...manifest,
  };
}

/** An encoded manifest with one field changed, whose checksum holds. */
export function changedManifest(
  manifest: Manifest,
  at: number,
  value: number,
): Record<string, Uint8Array> {
  const bytes = encodeManifest(manifest);
  const view = new DataView(bytes.buffer);
  view.setUint32(at, value, true);
  view.setUint32(124, crc32(bytes.subarray(0, 124)), true);
  return { [formatManifestName(manifest.epoch)]: bytes };
}
