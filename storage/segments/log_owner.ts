import type { Manifest } from "../format/manifest.ts";
import { formatManifestName } from "../format/file_names.ts";
import { type LogMeta, newerMeta } from "../format/log_meta.ts";
import { FencedError } from "../frame_log.ts";
import {
  isPromise,
  type MaybePromise,
  type Storage,
  type StorageLock,
} from "../storage.ts";
import {
  explainLost,
  removeQuietly,
  requireHeld,
  writeManifest,
} from "./log_files.ts";
import type { SpaceReserve } from "./space_reserve.ts";

/** What an owner puts into each manifest. */
interface KnownEnd {
  /** The highest time of any frame. */
  readonly time: number;
  /** The metadata last synced. */
  readonly syncedMeta: LogMeta | undefined;
}

/** Options of {@linkcode LogOwner}. */
interface LogOwnerOptions {
  /** Space held in reserve. */
  readonly reserve: SpaceReserve;
  /** What is known of the log's end when a manifest is written. */
  readonly known: () => KnownEnd;
}

type ManifestChange = (before: Manifest) => Partial<Manifest>;

/**
 * The owner of an open log: its lock, and the manifest that says what it knows.
 * Both change together, because each epoch has its own manifest.
 */
export class LogOwner {
  readonly #storage: Storage;
  readonly #reserve: SpaceReserve;
  readonly #known: () => KnownEnd;
  #lock: StorageLock;
  #manifest: Manifest;
  /** One manifest is written at a time, under one temporary name. */
  #written: Promise<void> = Promise.resolve();

  /** Takes a lock, and the manifest of its epoch as it is on storage. */
  constructor(
    storage: Storage,
    lock: StorageLock,
    { manifest }: { readonly manifest: Manifest },
    { reserve, known }: LogOwnerOptions,
  ) {
    this.#storage = storage;
    this.#lock = lock;
    this.#manifest = manifest;
    this.#reserve = reserve;
    this.#known = known;
  }

  /** The log's id. */
  get log(): string {
    return this.#manifest.log;
  }

  /** Number of this opening, or of the last cut. */
  get epoch(): number {
    return this.#manifest.epoch;
  }

  /** The lock. */
  get lock(): StorageLock {
    return this.#lock;
  }

  /** The manifest as it is on storage. */
  get manifest(): Manifest {
    return this.#manifest;
  }

  /** Throws {@linkcode FencedError} unless the lock is still held. */
  check(): MaybePromise<void> {
    const held = this.#lock.held();
    if (!isPromise(held)) return this.#refuseUnless(held);
    return held.then((held) => this.#refuseUnless(held));
  }

  /** Replaces the manifest; once it resolves, the new one is durable. */
  write(change: ManifestChange = () => ({})): Promise<void> {
    const writing = this.#written.then(() => this.#write(change));
    this.#written = writing.catch(() => {});
    return writing;
  }

  /** Replaces the log's metadata; durable once it resolves. */
  async setMeta(meta: LogMeta): Promise<void> {
    await this.check();
    await this.write((old) => ({ meta: newerMeta(old.meta, meta) }));
    await this.check();
  }

  /**
   * Begins a new epoch of the same owner, and writes its manifest. Throws
   * {@linkcode FencedError} if another owner has taken over.
   */
  async renew(change: (epoch: number) => Partial<Manifest>): Promise<void> {
    const lock = this.#lock;
    if (lock.renew === undefined) {
      const { location } = this.#storage;
      throw new TypeError(
        `Cannot cut the log in "${location}" because the lock of its storage ` +
          "has no method renew",
      );
    }
    const renewed = await this.#reserve.spend(() => lock.renew!());
    if (renewed === undefined) await requireHeld(this.#storage.location, lock);
    const { epoch: former } = this.#manifest;
    this.#lock = renewed!;
    const { epoch } = renewed!;
    await this.write(() => ({ ...change(epoch), epoch }));
    // An opening would remove it, too: a higher one counts.
    await removeQuietly(this.#storage, formatManifestName(former));
  }

  async #write(change: ManifestChange): Promise<void> {
    const { time, syncedMeta } = this.#known();
    const changed = { ...this.#manifest, ...change(this.#manifest) };
    const meta = newerMeta(changed.meta, syncedMeta);
    const manifest = { ...changed, time, meta };
    const storage = this.#storage;
    try {
      await this.#reserve.spend(() => writeManifest(storage, manifest));
    } catch (error) {
      throw await explainLost(storage.location, this.#lock, error);
    }
    this.#manifest = manifest;
  }

  #refuseUnless(held: boolean): void {
    if (held) return;
    const { location } = this.#storage;
    throw new FencedError(location, this.epoch, this.#lock.whyLost?.());
  }
}
