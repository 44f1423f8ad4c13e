import {
  formatCursorName,
  parseCursorName,
  parseSegmentName,
  type SegmentName,
} from "../../storage/format/mod.ts";
import { identifyLog, type LogIdentity } from "../../storage/segments/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { isMissing } from "../../storage/storage_error.ts";
import { CursorFile, readCursor } from "./cursor_file.ts";
import type { CursorPlace, CursorReading, SizedPart } from "./cursor_place.ts";

/** The cursors of a log in a directory: files next to its segments. */
export class CursorFiles implements CursorPlace {
  readonly #files: Storage;

  /** Those in `files`. */
  constructor(files: Storage) {
    this.#files = files;
  }

  /** The directory. */
  get location(): string {
    return this.#files.location;
  }

  /** Reads which log is there. */
  identify(): Promise<LogIdentity> {
    return identifyLog(this.#files);
  }

  /** The file of one cursor. */
  keeper(name: string, log: string): CursorFile {
    return new CursorFile(this.#files, name, log);
  }

  /** What a file says. */
  async read(name: string): Promise<CursorReading | undefined> {
    try {
      const { newest, places } = await readCursor(this.#files, name);
      return { log: newest.log, lsn: newest.lsn, places };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** By the names of the files. */
  async list(): Promise<string[]> {
    return (await this.#files.list())
      .flatMap((name) => parseCursorName(name) ?? []);
  }

  /** The path of a cursor's file. */
  pathOf(name: string): string {
    return `${this.location}/${formatCursorName(name)}`;
  }

  /** The segments; those that vanish meanwhile are left out. */
  async sizes(): Promise<SizedPart[]> {
    const files = this.#files;
    const found = (await files.list())
      .flatMap<SegmentName>((name) => parseSegmentName(name) ?? [])
      .sort((a, b) => a.firstLsn - b.firstLsn);
    const sized: SizedPart[] = [];
    for (const { name, firstLsn } of found) {
      try {
        const file = await files.open(name, "read");
        try {
          sized.push({ firstLsn, bytes: await file.size() });
        } finally {
          await file.close();
        }
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    return sized;
  }
}
