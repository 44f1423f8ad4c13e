import type { Storage } from "../storage.ts";
import { explainFull, isOutOfSpace } from "../storage_error.ts";

/** The reserve's file. */
export const RESERVE_NAME = "space.reserve";

/**
 * A file that holds space for when the disk is full: recovery and checkpoints
 * need some to give back more. It is given up when such a step finds no space,
 * and made again when there is.
 */
export class SpaceReserve {
  readonly #storage: Storage;
  readonly #bytes: number;

  /** Holds `bytes`; makes nothing yet. */
  constructor(storage: Storage, bytes: number) {
    this.#storage = storage;
    this.#bytes = bytes;
  }

  /**
   * Runs `step`, once more with the reserve given up if it found no space. It
   * must leave nothing behind when it fails. Rejects with `StorageFullError` if
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
   * Makes the reserve if it is not there, or not whole, and there is room.
   * Without room there is none; the next checkpoint or opening tries again.
   */
  async refill(): Promise<void> {
    if (this.#bytes === 0 || this.#storage.allocate === undefined) return;
    let size: number | undefined;
    try {
      size = await this.#size();
    } catch {
      return; // It may be there: it is not given up for that.
    }
    if (size === this.#bytes) return;
    // A crash left a part of it, or other options made it.
    if (size !== undefined) await this.#giveUp();
    try {
      await this.#storage.allocate(RESERVE_NAME, 0, this.#bytes);
    } catch {
      await this.#giveUp();
    }
  }

  /** Bytes of the reserve that is there, if there is one. */
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

  async #giveUp(): Promise<boolean> {
    try {
      await this.#storage.remove(RESERVE_NAME);
      return true;
    } catch {
      return false;
    }
  }
}
