import { MemoryStorage } from "../../storage/memory/memory_storage.ts";

/** A storage whose syncs can be slow, as on another thread. */
export function slowSyncs() {
  let release = () => {};
  let isSlow = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      operation === "datasync" && isSlow
        ? { after: new Promise<void>((resolve) => release = resolve) }
        : undefined,
  });
  return {
    storage,
    slow: (now: boolean) => void (isSlow = now),
    release: () => release(),
  };
}
