/** A lock that the kernel frees with its process, if the runtime has one. */
export interface KernelLock {
  /** Takes it on the file, for as long as the process lives or until freed. */
  hold(path: string): HeldKernelLock;
  /** Whether a living process holds it on the file; `"unknown"`: cannot ask. */
  state(path: string): "held" | "free" | "unknown";
}

/** A kernel lock that this process has. */
export interface HeldKernelLock {
  /** How many names the file has, if known; cheaper than by `node:fs`. */
  names(): number | null;
  /** Lets others have it. */
  free(): void;
}
