import type { MemoryStorage } from "../../storage/memory/mod.ts";
import type { StorageFile } from "../../storage/storage.ts";

/** `storage`, whose changes complete only after `act` has run. */
export function afterChanges(
  storage: MemoryStorage,
  act: () => Promise<void>,
): MemoryStorage {
  const changes = ["link", "rename", "remove", "syncDirectory"];
  const writes = ["write", "truncate", "datasync"];
  const wrap = <T extends object>(
    target: T,
    names: readonly string[],
    open?: (file: StorageFile) => StorageFile,
  ): T =>
    new Proxy(target, {
      get(_, key) {
        const value = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        if (key === "open" && open !== undefined) {
          return (...args: unknown[]) => open(value.apply(target, args));
        }
        if (!names.includes(String(key))) return value.bind(target);
        return async (...args: unknown[]) => {
          const answer = await value.apply(target, args);
          await act();
          return answer;
        };
      },
    });
  return wrap(storage, changes, (file) => wrap(file, writes));
}
