import {
  bytesOf,
  descriptorOf,
  textOf,
  type TraceCall,
  type TraceEvent,
} from "./trace_call.ts";

/** A file, or a directory, whatever its names. */
export interface TracedFile {
  /** What a reader sees. */
  bytes: Uint8Array;
  /** What survives a power loss at the worst. */
  durable: Uint8Array;
  /** Number of writes, and of those that `durable` has. */
  writes: number;
  durableWrites: number;
  /** Where the last frame ended since the file became a segment. */
  used: number;
  /** Where the frame ends whose first bytes were written last. */
  frameEnd: number;
  /** Whether a sync of it failed. */
  isSuspect: boolean;
}

/** Calls that the disk has to see. */
export const DISK_CALLS = [
  ...["openat", "close", "dup", "fcntl", "lseek", "mkdir"],
  ...["write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate"],
  ...["fsync", "fdatasync", "sync_file_range", "rename", "link", "linkat"],
  ...["unlink", "unlinkat", "renameat", "renameat2", "mkdirat", "open"],
];

interface Description {
  file: TracedFile;
  path: string;
  position: number;
}

/**
 * A disk at its worst, driven by system calls: what is not synced is lost,
 * including directory entries. A sync covers what was completely written before
 * it started.
 */
export class TracedDisk {
  /** Files and directories by path, as a process sees them. */
  readonly names = new Map<string, TracedFile>();
  /** Those whose path survives a power loss. */
  readonly durableNames = new Map<string, TracedFile>();
  /**
   * Syncs that succeeded, of files and of directories, and that failed; and
   * writes that brought zeros after a frame.
   */
  readonly counts = {
    syncs: 0,
    directorySyncs: 0,
    failedSyncs: 0,
    zerosAhead: 0,
  };
  readonly #open = new Map<number, Description>();
  readonly #syncing = new Map<TraceCall, () => void>();

  /** Takes the next event. */
  follow({ at, call }: TraceEvent): void {
    const isSync = call.name === "fsync" || call.name === "fdatasync";
    if (at === "start") {
      if (isSync) this.#startSync(call);
      // Its number may be reused before the end is seen.
      if (call.name === "close") this.#open.delete(descriptorOf(call.args[0]));
      return;
    }
    if (isSync) return this.#endSync(call);
    if (call.result >= 0) this.#apply(call);
  }

  /** The path that a descriptor was opened by, if it is known. */
  pathOf(arg: string): string | undefined {
    return this.#open.get(descriptorOf(arg))?.path;
  }

  /** The file that a descriptor refers to, if it is known. */
  fileOf(arg: string): TracedFile | undefined {
    return this.#open.get(descriptorOf(arg))?.file;
  }

  /** Where a call that writes puts its first byte. */
  offsetOf({ name, args }: TraceCall): number {
    if (name.startsWith("p")) return Number(args[3]);
    return this.#open.get(descriptorOf(args[0]))?.position ?? 0;
  }

  #apply(call: TraceCall): void {
    const { name, args, result } = call;
    if (name === "openat") this.#openFile(textOf(args[1]), args[2], result);
    else if (name === "dup" || /DUPFD/.test(args[1])) this.#duplicate(call);
    else if (name === "lseek") this.#seek(args[0], result);
    else if (name === "ftruncate") this.#truncate(args[0], Number(args[1]));
    else if (name.includes("write")) this.#write(call);
    else this.#applyToNames(call);
  }

  #applyToNames({ name, args }: TraceCall): void {
    const paths = args.filter((arg) => arg.startsWith('"')).map(textOf);
    const [from, to] = paths;
    if (name.startsWith("mkdir")) this.names.set(from, emptyFile());
    if (/^(link|rename)/.test(name)) {
      const file = this.names.get(from);
      if (file) this.names.set(to, file);
    }
    if (/^(rename|unlink)/.test(name)) this.names.delete(from);
  }

  #openFile(path: string, flags: string, descriptor: number): void {
    if (!path.startsWith("/")) return;
    const known = this.names.get(path);
    const file = known ?? emptyFile();
    if (!known && flags.includes("O_CREAT")) this.names.set(path, file);
    const isMade = /\.(tmp|spare)$/.test(path);
    if (isMade && flags.includes("O_RDWR")) file.used = file.frameEnd = 0;
    this.#open.set(descriptor, { file, path, position: 0 });
  }

  #duplicate({ args, result }: TraceCall): void {
    const description = this.#open.get(descriptorOf(args[0]));
    if (description) this.#open.set(result, description);
  }

  #seek(descriptor: string, position: number): void {
    const description = this.#open.get(descriptorOf(descriptor));
    if (description) description.position = position;
  }

  #truncate(descriptor: string, size: number): void {
    const file = this.fileOf(descriptor);
    if (file === undefined) return;
    file.bytes = file.bytes.slice(0, size);
    file.writes++;
  }

  #write(call: TraceCall): void {
    const description = this.#open.get(descriptorOf(call.args[0]));
    if (description === undefined) return;
    const bytes = bytesOf(call.args[1]).subarray(0, call.result);
    const offset = this.offsetOf(call);
    if (!call.name.startsWith("p")) description.position += bytes.length;
    const { file } = description;
    const grown = new Uint8Array(
      Math.max(file.bytes.length, offset + bytes.length),
    );
    grown.set(file.bytes);
    grown.set(bytes, offset);
    file.bytes = grown;
    file.writes++;
    const end = offset + bytes.length;
    const frameEnd = offset + frameLength(bytes);
    if (frameEnd > offset) file.frameEnd = frameEnd;
    file.used = offset < file.frameEnd ? Math.min(end, file.frameEnd) : end;
    if (end > file.used) this.counts.zerosAhead++;
  }

  /** Fixes what the sync covers. */
  #startSync(call: TraceCall): void {
    const description = this.#open.get(descriptorOf(call.args[0]));
    if (description === undefined) return;
    const { file, path } = description;
    const covered = file.bytes;
    const { writes } = file;
    const entries = [...this.names].filter(([name]) => isIn(name, path));
    this.#syncing.set(call, () => {
      if (call.result !== 0) {
        this.counts.failedSyncs++;
        file.isSuspect = true;
        return;
      }
      // Entries are only looked for where there are some.
      this.counts[covered.length > 0 ? "syncs" : "directorySyncs"]++;
      if (writes > file.durableWrites) {
        file.durable = covered;
        file.durableWrites = writes;
      }
      if (call.name === "fsync") this.#keepEntries(path, entries);
    });
  }

  #endSync(call: TraceCall): void {
    this.#syncing.get(call)?.();
    this.#syncing.delete(call);
  }

  #keepEntries(path: string, entries: [string, TracedFile][]): void {
    for (const name of this.durableNames.keys()) {
      if (isIn(name, path)) this.durableNames.delete(name);
    }
    for (const [name, file] of entries) this.durableNames.set(name, file);
  }
}

function emptyFile(): TracedFile {
  const none = new Uint8Array();
  const counts = { writes: 0, durableWrites: 0, used: 0, frameEnd: 0 };
  return { bytes: none, durable: none, isSuspect: false, ...counts };
}

/** Length of the frame that begins here; 0 if none does. */
export function frameLength(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isFrame = bytes.length >= 48 && view.getUint32(0) === 0x534c4631;
  return isFrame ? 48 + view.getUint32(36, true) + 7 & ~7 : 0;
}

function isIn(name: string, directory: string): boolean {
  const end = name.lastIndexOf("/");
  return name.slice(0, Math.max(end, 1)) === directory;
}
