import { MemoryObjectStore, ObjectLog } from "../../../../storage/s3/mod.ts";
import { testEngine } from "../../../kit/engine_contract.ts";

testEngine({
  name: "an object store",
  make() {
    const store = new MemoryObjectStore();
    const make = () =>
      new ObjectLog(store, {
        batching: { limitMs: 1 },
        pollMs: 20,
        compaction: { slots: 4 },
      });
    return { engine: make(), again: make() };
  },
});
