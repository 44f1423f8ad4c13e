import type { Storage } from "./storage.ts";
import { explainFull, isOutOfSpace } from "./storage_full_error.ts";

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

  /** Makes the reserve if it is not there and there is room. */
  async refill(): Promise<void> {
    if (this.#bytes === 0 || this.#storage.allocate === undefined) return;
    try {
      const names = await this.#storage.list();
      if (names.includes(RESERVE_NAME)) return;
      await this.#storage.allocate(RESERVE_NAME, 0, this.#bytes);
    } catch {
      // Without room there is none; the next checkpoint or opening tries again.
      await this.#giveUp();
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
