/** A lock that the kernel frees with its process, if the runtime has one. */
export interface KernelLock {
  /** Takes it on the file, for as long as the process lives or until called. */
  hold(path: string): () => void;
  /** Whether the owner of the file is known to be gone. */
  isFree(path: string): boolean;
}
