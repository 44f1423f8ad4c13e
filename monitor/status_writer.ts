import type * as Process from "node:process";
import { builtin } from "../builtin.ts";
import { REQUEST_NAME, STATUS_NAME } from "../storage/format/mod.ts";
import { FencedError, type FrameLog } from "../storage/frame_log.ts";
import { removeQuietly } from "../storage/segments/mod.ts";
import { type Storage, writeAll } from "../storage/storage.ts";
import { isMissing } from "../storage/storage_error.ts";
import { readText, type StatusFrame } from "./live_status.ts";

/** How often a request may be found unchanged before nobody watches any more. */
const MOST_UNCHANGED = 10;

const TEMPORARY_NAME = `${STATUS_NAME}.tmp`;

/** A log, and the text that shows how it is. */
export interface ShownLog {
  /** Where it is, and who owns it. */
  readonly log: FrameLog;
  /** The current time, in ms since 1970. */
  readonly time: () => number;
  /** The text of the status. */
  readonly describe: (frame: Omit<StatusFrame, "alerts">) => string;
}

/**
 * Writes the status of a log to a file next to it, as long as somebody renews
 * the request for it. Nothing that goes wrong with that concerns the log: there
 * is no status then.
 */
export class StatusWriter {
  readonly #files: Storage;
  readonly #shown: ShownLog;
  readonly #pid: number;
  #sequence = 0;
  #request: string | undefined;
  #unchanged = 0;
  #state: "hidden" | "shown" | "displaced" = "hidden";

  /** Writes nothing yet. */
  constructor(files: Storage, shown: ShownLog) {
    this.#files = files;
    this.#shown = shown;
    this.#pid = builtin<typeof Process>("node:process")?.pid ?? 0;
  }

  /** Looks for a request; writes the status, or withdraws it. */
  async look(): Promise<void> {
    if (this.#state === "displaced") return;
    try {
      const request = await this.#readRequest();
      this.#unchanged = request === this.#request ? this.#unchanged + 1 : 0;
      this.#request = request;
      if (request === undefined) {
        if (this.#state === "shown") await this.hide();
      } else if (this.#unchanged > MOST_UNCHANGED) {
        await this.hide();
      } else {
        await this.#show();
      }
    } catch {
      // The disk may be full: the next look tries again.
    }
  }

  /** Withdraws the status and the request, unless another owner has the log. */
  async hide(): Promise<void> {
    if (!await this.#isOwner()) return;
    this.#state = "hidden";
    this.#request = undefined;
    await removeQuietly(this.#files, REQUEST_NAME);
    await this.clean();
  }

  /** Removes a status that is not up to date. */
  async clean(): Promise<void> {
    await removeQuietly(this.#files, STATUS_NAME);
    await removeQuietly(this.#files, TEMPORARY_NAME);
  }

  /** A request that cannot be read is one that does not change. */
  async #readRequest(): Promise<string | undefined> {
    try {
      return await readText(this.#files, REQUEST_NAME);
    } catch (error) {
      return isMissing(error) ? undefined : "";
    }
  }

  async #show(): Promise<void> {
    // A displaced owner must not hide the status of its successor.
    if (!await this.#isOwner()) return;
    const { log: { epoch = 0 }, time, describe } = this.#shown;
    const sequence = ++this.#sequence;
    const text = describe({ sequence, at: time(), epoch, pid: this.#pid });
    this.#state = "shown";
    try {
      await this.#write(text);
    } catch (error) {
      // A part of it would take space that the log may need.
      await removeQuietly(this.#files, TEMPORARY_NAME);
      throw error;
    }
  }

  /** Readers find the status before or this one, and never a part of it. */
  async #write(text: string): Promise<void> {
    const file = await this.#files.open(TEMPORARY_NAME, "create");
    try {
      await writeAll(file, new TextEncoder().encode(text), 0);
    } finally {
      await file.close();
    }
    await this.#files.rename(TEMPORARY_NAME, STATUS_NAME);
  }

  async #isOwner(): Promise<boolean> {
    try {
      await this.#shown.log.checkOwner();
      return true;
    } catch (error) {
      if (error instanceof FencedError) this.#state = "displaced";
      return false;
    }
  }
}
