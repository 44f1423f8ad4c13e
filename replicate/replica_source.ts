import { argumentError } from "../argument.ts";
import { accessOf, type LogAccess, LogAppender } from "../log/log_appender.ts";
import type { LogView } from "../reader/log_view.ts";
import { ObservedLog } from "../reader/observed_log.ts";
import { observedBy, WalReader } from "../reader/wal_reader.ts";
import type { LogMeta } from "../storage/format/mod.ts";
import { requireFiles } from "../storage/no_directory_error.ts";
import { identifyLog } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import type { Wal } from "../wal.ts";

/** A log that can be replicated: one that is written here, or one that is read. */
// deno-lint-ignore no-explicit-any
export type ReplicableLog = Wal<any, any> | WalReader<any>;

/** Metadata, and the record after which it counts. */
export interface PlacedMeta {
  readonly meta: LogMeta;
  readonly afterLsn: number;
}

/** What is known of the cuts of a log. */
export interface Cuts {
  /** Number of them. */
  readonly count: number;
  /** The last record that none of those since the first `count` ones dropped. */
  lowestSince(count: number): number;
}

/** What is replicated, wherever it is written. */
export interface ReplicaSource {
  /** Where it is. */
  readonly location: string;
  /** The log's id. */
  readonly id: string;
  /** What can be read of it. */
  // deno-lint-ignore no-explicit-any
  readonly view: LogView<any>;
  /** What a log that is written here has for replicas. */
  readonly access: LogAccess | undefined;
  /** How often it was cut back. */
  readonly cuts: Cuts;
  /** Looks where a log stands that is not written here; rejects if it is closed. */
  refresh(): Promise<void>;
  /** The log's metadata, and the last record written when it was set, or later. */
  meta(): PlacedMeta | undefined;
}

const ACTION = "replicate a log";

/** Looks up what a replica needs of its source. */
export async function sourceOf(log: ReplicableLog): Promise<ReplicaSource> {
  if (log instanceof LogAppender) {
    const access = accessOf(log);
    access.refuseIfClosed("replicate");
    const files = requireFiles(ACTION, access.log.files);
    return {
      ...await placeOf(files),
      view: log,
      access,
      cuts: access.writer.readers.cuts,
      async refresh() {
        await access.refuseIfClosed("replicate");
      },
      meta() {
        const { meta, lastLsn } = access.log;
        return meta && { meta, afterLsn: lastLsn };
      },
    };
  }
  if (!(log instanceof WalReader)) {
    const rule = "a Wal or a WalReader";
    throw argumentError(ACTION, "its source", rule, typeof log, false);
  }
  const observed = observedBy(log);
  const files = requireFiles(ACTION, observed.files);
  return {
    ...await placeOf(files),
    view: log,
    access: undefined,
    cuts: {
      get count() {
        return observed.cuts;
      },
      lowestSince: (count) => observed.lowestSince(count),
    },
    refresh: () => log.refresh(),
    meta() {
      if (!(observed instanceof ObservedLog)) return undefined;
      const meta = observed.layout?.manifest.meta;
      return meta && { meta, afterLsn: observed.writtenLsn };
    },
  };
}

async function placeOf(files: Storage) {
  return { location: files.location, id: (await identifyLog(files)).log };
}
