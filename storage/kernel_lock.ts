/** A lock that the kernel frees with its process, if the runtime has one. */
export interface KernelLock {
  /** Takes it on the file, for as long as the process lives or until called. */
  hold(path: string): () => void;
  /** Whether a living process holds it on the file; `"unknown"`: cannot ask. */
  state(path: string): "held" | "free" | "unknown";
}
