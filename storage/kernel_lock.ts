/** A lock that the kernel frees with its process, if the runtime has one. */
export interface KernelLock {
  /** Takes it on the file, for as long as the process lives or until freed. */
  hold(path: string): HeldKernelLock;
  /** Whether a living process holds it on the file; `"unknown"`: cannot ask. */
  state(path: string): "held" | "free" | "unknown";
}

/** A kernel lock that this process has. */
export interface HeldKernelLock {
  /**
   * Device and inode of the file at `path`, where this is cheaper than
   * `node:fs`; `undefined` where it does not know. Throws as `node:fs` does.
   */
  stat(path: string): { dev: number; ino: number } | undefined;
  /** Lets others have it. */
  free(): void;
}
