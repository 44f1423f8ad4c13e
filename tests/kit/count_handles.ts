import type { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { Storage } from "../../storage/storage.ts";
import { changed } from "./changed_storage.ts";

/** The files that are open on a storage, by name; one name for each handle. */
export interface Handles {
  open: string[];
  /** The most that were open at once. */
  most: number;
}

/** Counts the handles that are opened through the storage. */
export function countHandles(memory: MemoryStorage): [Storage, Handles] {
  const handles: Handles = { open: [], most: 0 };
  const storage = changed(memory, {
    file(file, name) {
      handles.open.push(name);
      handles.most = Math.max(handles.most, handles.open.length);
      let isOpen = true;
      return {
        close() {
          if (!isOpen) throw new Error(`${name} is closed twice`);
          isOpen = false;
          handles.open.splice(handles.open.indexOf(name), 1);
          file.close();
        },
      };
    },
  });
  return [storage, handles];
}
