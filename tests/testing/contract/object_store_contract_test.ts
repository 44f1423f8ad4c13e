import { MemoryObjectStore } from "../../../storage/s3/memory_object_store.ts";
import { RetryingStore } from "../../../storage/s3/retrying_store.ts";
import { S3Store } from "../../../storage/s3/s3_store.ts";
import {
  objectStoreContract,
  type ObjectStorePlace,
} from "../../../testing/contract/object_store_contract.ts";
import {
  BUCKET,
  CREDENTIALS,
  withObjectServer,
} from "../../kit/object_server.ts";
import { test } from "../../kit/register.ts";

const subjects: Record<string, () => ObjectStorePlace> = {
  "MemoryObjectStore"() {
    const store = new MemoryObjectStore();
    return { store, again: () => store };
  },
  "RetryingStore"() {
    const store = new MemoryObjectStore();
    const again = () => new RetryingStore(store);
    return { store: again(), again };
  },
};

for (const [subject, make] of Object.entries(subjects)) {
  objectStoreContract((name, body) => test(`${subject}: ${name}`, body), make);
}

/** Each test has a server of its own, which ends with it. */
async function serverPlace(): Promise<ObjectStorePlace> {
  let dispose = () => {};
  const endpoint = await new Promise<string>((resolve) => {
    withObjectServer({}, (endpoint) => {
      resolve(endpoint);
      return new Promise<void>((end) => dispose = end);
    });
  });
  const again = () =>
    S3Store.open(`s3://${BUCKET}/some/where`, {
      ...{ endpoint, region: "test-region", credentials: CREDENTIALS },
    });
  return { store: await again(), again, dispose: () => dispose() };
}

objectStoreContract(
  (name, body) => test(`S3Store: ${name}`, body),
  serverPlace,
);
