import { DenoStorage } from "../../../storage/directory/deno_storage.ts";
import { storageContract } from "../../../testing/contract/storage_contract.ts";
import { directoryPlace } from "../../kit/directory_place.ts";
import { test } from "../../kit/register.ts";

for (const io of ["blocking", "threaded"] as const) {
  storageContract(
    (name, body) => test(`DenoStorage, ${io}: ${name}`, body),
    () => directoryPlace((directory) => new DenoStorage(directory, { io })),
  );
}
