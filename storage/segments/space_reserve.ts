import { type Storage, writeAll } from "../storage.ts";
import { explainFull, isOutOfSpace } from "../storage_error.ts";

/** Name of the reserve's file. */
export const RESERVE_NAME = "space.reserve";

/**
 * A file that reserves space for when the disk is full: recovery and
 * checkpoints need some space before they can free more. It is removed if such
 * a step finds no space, and created again once there is some.
 */
export class SpaceReserve {
  readonly #storage: Storage;
  readonly #bytes: number;

  /** Sets the size of the reserve, in bytes; creates no file yet. */
  constructor(storage: Storage, bytes: number) {
    this.#storage = storage;
    this.#bytes = bytes;
  }

  /**
   * Runs `step`; if that finds no space, removes the reserve and runs it again.
   * A failed step must leave nothing behind. Rejects with `StorageFullError` if
   * the reserve was not enough.
   */
  async spend<T>(step: () => T | Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (!isOutOfSpace(error) || !await this.#giveUp()) {
        throw explainFull(error);
      }
    }
    try {
      return await step();
    } catch (error) {
      throw explainFull(error);
    }
  }

  /**
   * Creates the reserve if it is missing or has the wrong size. If there is no
   * room for it, the next checkpoint or opening tries again.
   */
  async refill(): Promise<void> {
    if (this.#bytes === 0) return;
    let size: number | undefined;
    try {
      size = await this.#size();
    } catch {
      return; // It may exist: do not remove it because of this.
    }
    if (size === this.#bytes) return;
    // A crash left a part of it, or it was made with other options.
    if (size !== undefined) await this.#giveUp();
    try {
      await this.#create();
    } catch {
      await this.#giveUp();
    }
  }

  /** Size of the existing reserve in bytes, if there is one. */
  async #size(): Promise<number | undefined> {
    const names = await this.#storage.list();
    if (!names.includes(RESERVE_NAME)) return undefined;
    const file = await this.#storage.open(RESERVE_NAME, "read");
    try {
      return await file.size();
    } finally {
      await file.close();
    }
  }

  async #create(): Promise<void> {
    const file = await this.#storage.open(RESERVE_NAME, "create");
    try {
      await writeAll(file, new Uint8Array(this.#bytes), 0);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  async #giveUp(): Promise<boolean> {
    try {
      await this.#storage.remove(RESERVE_NAME);
      return true;
    } catch {
      return false;
    }
  }
}
