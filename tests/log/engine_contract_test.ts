import { testEngine } from "../kit/engine_contract.ts";
import { MemoryEngine } from "../kit/memory_engine.ts";

testEngine({
  name: "an engine in memory",
  make() {
    const engine = new MemoryEngine({ pollMs: 20 });
    return { engine, again: engine };
  },
});
