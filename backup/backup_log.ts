import { requireOptions, requireSignal, requireType } from "../argument.ts";
import { listFiles } from "../recovery/survey.ts";
import { formatManifestName } from "../storage/format/mod.ts";
import { removeFiles, sizeOf } from "../storage/segments/mod.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { toStorage } from "../storage/storage_target.ts";
import {
  closeSnapshots,
  copySnapshot,
  openSnapshots,
  putCursor,
  readCursors,
} from "./companions.ts";
import { Mirror } from "./mirror.ts";
import { PLACE_RULE, requireApart } from "./require_apart.ts";
import { type LiveSource, SourceLog, type SourceLook } from "./source_log.ts";
import { readTarget } from "./target_state.ts";

/** Options of {@linkcode backupLog}. */
export interface BackupOptions {
  /**
   * Reads everything in the target again, and copies once more what is damaged
   * there. Default: false. Without it, segments that were copied earlier are
   * compared only at their ends.
   */
  verify?: boolean | undefined;
  /** Ends the backup: it then rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /**
   * Creates the storage for a path. Default: `DenoStorage` on Deno, otherwise
   * `NodeStorage`.
   */
  storage?: ((directory: string | URL) => Storage) | undefined;
}

/** What a backup holds, and what it took. */
export interface BackupReport {
  /** LSN of the oldest record in the backup, or of the next one. */
  readonly firstLsn: number;
  /** LSN of its last record; `firstLsn - 1` if it has none. */
  readonly lastLsn: number;
  /** Number of its segments. */
  readonly segments: number;
  /** Number of its snapshots. */
  readonly snapshots: number;
  /** Number of its cursors. */
  readonly cursors: number;
  /** Number of segments of which something was copied by this call. */
  readonly copiedSegments: number;
  /** Bytes of segments and snapshots that this call has written. */
  readonly copiedBytes: number;
  /** Bytes of segments and snapshots that were there already. */
  readonly keptBytes: number;
}

const OPTIONS: readonly (keyof BackupOptions)[] = [
  ...["verify", "signal", "storage"] as const,
];
const ACTION = "back up to";

/**
 * Copies the log at `source` to the directory `target`: its state at one instant
 * during the call, even if others are writing to it. The second time it copies
 * only what is new.
 *
 * Of the source it takes no lock and changes nothing. The backup holds all
 * records that the log declares durable at that instant, snapshots that they
 * continue, cursors and metadata. Every frame is checked on the way. The target
 * is a log that opens anywhere; do not open it for writing, but restore it.
 *
 * When it resolves, the backup is durable. If it rejects, or the process is
 * killed, the target holds the former backup, or a later state of the log, and
 * the next call continues; a first backup that was not completed does not open.
 * Two calls with the same target exclude each other.
 *
 * Rejects with `TypeError` for bad arguments, `CorruptLogError` if the source or
 * the target is damaged, {@linkcode BackupError} if the source has no log, or
 * the target holds other files, another log, a log that was opened for
 * writing, or records that the source does not have; with `LogLockedError` if
 * the target is in use, `StorageFullError`, or `StorageError`.
 *
 * @example
 * ```ts
 * import { backupLog, restoreBackup } from "@syncline/wal/backup";
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const log = new MemoryStorage(); // or directories
 * const backup = new MemoryStorage();
 * const wal = await Wal.open(log);
 * await wal.append("one");
 * await wal.append("two");
 * await wal.close();
 * const { lastLsn } = await backupLog(log, backup);
 * assert.equal(lastLsn, 2);
 *
 * const restored = new MemoryStorage();
 * await restoreBackup(backup, restored, { lsn: 1 });
 * const again = await Wal.open(restored);
 * assert.equal(again.lastLsn, 1);
 * await again.close();
 * ```
 */
export async function backupLog(
  source: string | URL | Storage,
  target: string | URL | Storage,
  options: BackupOptions = {},
): Promise<BackupReport> {
  checkOptions(options);
  const from = await toStorage(source, {
    action: "back up a log",
    rule: PLACE_RULE,
    makeStorage: options.storage,
  });
  return await backUp(from, target, options);
}

/** The same, for a log that is written by this process, if there is `live`. */
export async function backUp(
  source: Storage,
  target: string | URL | Storage,
  options: BackupOptions,
  live?: LiveSource,
): Promise<BackupReport> {
  checkOptions(options);
  const to = await toStorage(target, {
    action: "back up a log",
    rule: PLACE_RULE,
    makeStorage: options.storage,
  });
  requireApart("back up a log", source, to);
  options.signal?.throwIfAborted();
  await live?.flushed?.(options.signal);
  const log = await SourceLog.open("back up", source, live);
  try {
    await to.prepare();
    // Before a lock file is put into a directory that is none of its business.
    const { files } = await readTarget(ACTION, to);
    const lock = await to.lock({ above: files.highestEpoch });
    try {
      return await new Backup(log, to, lock, options).make();
    } finally {
      await lock.release();
    }
  } finally {
    await log.close();
  }
}

function checkOptions(options: BackupOptions): void {
  const action = "back up a log";
  requireOptions(action, options, OPTIONS);
  const { verify, signal, storage } = options;
  if (verify !== undefined) requireType(action, "verify", verify, "boolean");
  if (signal !== undefined) requireSignal(action, signal);
  if (storage !== undefined) {
    requireType(action, "storage", storage, "function");
  }
}

/** One backup, once the target is locked. */
class Backup {
  readonly #source: SourceLog;
  readonly #target: Storage;
  readonly #lock: StorageLock;
  readonly #options: BackupOptions;
  /** Bytes written of each snapshot. */
  readonly #written = new Map<string, number>();

  constructor(
    source: SourceLog,
    target: Storage,
    lock: StorageLock,
    options: BackupOptions,
  ) {
    this.#source = source;
    this.#target = target;
    this.#lock = lock;
    this.#options = options;
  }

  async make(): Promise<BackupReport> {
    const state = await readTarget(ACTION, this.#target);
    await removeFiles(this.#target, state.files.unfinished);
    const mirror = new Mirror({
      action: ACTION,
      source: this.#source,
      target: this.#target,
      lock: this.#lock,
      signal: this.#options.signal,
    }, state);
    return await this.#source.attempt((look) => this.#attempt(mirror, look));
  }

  async #attempt(mirror: Mirror, look: SourceLook): Promise<BackupReport> {
    const target = this.#target;
    const { verify, signal } = this.#options;
    signal?.throwIfAborted();
    const { log } = look.manifest;
    // First, because they may be removed, and stay readable only while open.
    const found = await openSnapshots(
      this.#source,
      look,
      Math.max(look.lastLsn, mirror.lastLsn),
    );
    try {
      await mirror.begin(look);
      // Before the records that they cover are dropped.
      for (const snapshot of found) {
        const copy = { log, verify, signal };
        const bytes = await copySnapshot(snapshot, target, copy);
        if (bytes > 0) this.#written.set(snapshot.name.name, bytes);
      }
      await target.syncDirectory();
      const end = await mirror.copy(look);
      if (verify) await mirror.verify(end);
      const snapshots = found.filter(({ name }) => name.lsn <= end.lastLsn);
      const cursors = await readCursors(this.#source, look, end.lastLsn, log);
      await target.syncDirectory();
      signal?.throwIfAborted();
      await mirror.declare(look, end);
      for (const [name, bytes] of cursors) await putCursor(target, name, bytes);
      await target.syncDirectory();
      const copies = [...end.segments, ...snapshots.map(({ name }) => name)];
      const names = copies.map(({ name }) => name);
      await this.#removeOthers([...names, ...cursors.keys()], mirror.epoch);
      return {
        firstLsn: look.firstLsn,
        lastLsn: end.lastLsn,
        segments: end.segments.length,
        snapshots: snapshots.length,
        cursors: cursors.size,
        ...await this.#sum(mirror, names),
      };
    } finally {
      await closeSnapshots(found);
    }
  }

  /** Removes what is no longer part of the log. */
  async #removeOthers(names: readonly string[], epoch: number): Promise<void> {
    const files = await listFiles(this.#target);
    const kept = new Set(names);
    const others = [
      ...files.found.map(({ name }) => name),
      ...files.companions,
      ...files.unfinished.map(({ name }) => name),
      ...files.manifests.filter((one) => one < epoch).map(formatManifestName),
    ];
    const gone = others.filter((name) => !kept.has(name));
    await removeFiles(this.#target, gone.map((name) => ({ name })));
  }

  async #sum(mirror: Mirror, names: readonly string[]) {
    const written = new Map([...mirror.written, ...this.#written]);
    let keptBytes = 0;
    let copiedBytes = 0;
    for (const bytes of written.values()) copiedBytes += bytes;
    for (const name of names) {
      const size = await sizeOf(this.#target, name);
      keptBytes += Math.max(0, size - (written.get(name) ?? 0));
    }
    return { copiedSegments: mirror.written.size, copiedBytes, keptBytes };
  }
}
