import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import type { Storage } from "../../../storage/storage.ts";
import { storageContract } from "../../../testing/contract/storage_contract.ts";
import type { StoragePlace } from "../../../testing/contract/storage_under_test.ts";
import { asyncStorage } from "../../kit/async_storage.ts";
import { changedPlace, type SyncFile } from "../../kit/changed_storage.ts";
import { directoryPlace } from "../../kit/directory_place.ts";
import { test } from "../../kit/register.ts";

function memoryPlace(wrap = (storage: Storage) => storage): StoragePlace {
  const memory = new MemoryStorage();
  return { storage: wrap(memory), again: () => wrap(memory) };
}

/** Allowed: of all that is asked for, two thirds at a time. */
function inParts(file: SyncFile) {
  const part = (bytes: Uint8Array) =>
    bytes.subarray(0, Math.ceil(bytes.length * 2 / 3));
  return {
    write: (bytes: Uint8Array, at: number) => file.write(part(bytes), at),
    read: (into: Uint8Array, at: number) => file.read(part(into), at),
  };
}

const subjects: Record<string, () => StoragePlace | Promise<StoragePlace>> = {
  "MemoryStorage": () => memoryPlace(),
  "MemoryStorage, two thirds at a time": () => changedPlace({ file: inParts }),
  "MemoryStorage behind promises": () => memoryPlace(asyncStorage),
  "NodeStorage": () => directoryPlace((dir) => new NodeStorage(dir)),
  "NodeStorage, threaded": () =>
    directoryPlace((dir) => new NodeStorage(dir, { io: "threaded" })),
  "NodeStorage behind promises": () =>
    directoryPlace((dir) => asyncStorage(new NodeStorage(dir))),
};

for (const [subject, make] of Object.entries(subjects)) {
  storageContract((name, body) => test(`${subject}: ${name}`, body), make);
}
