import type { Mutant } from "./mutant.ts";

const file = "simulator/_run.ts";

/** What compares the simulator with the writer on a pipeline. */
const caughtBy: Mutant["caughtBy"] = {
  file: "tests/simulator/differential_test.ts",
  name: "simulate() equals the writer with several in flight, open loop",
};

/** Bugs of the simulator and of what is computed with it. */
export const simulatorMutants: readonly Mutant[] = [
  {
    name: "simulates that a later flush is acknowledged first",
    edits: [{
      file,
      find: "this.#flights.at(-1)?.times.endedAt ?? 0,",
      replace: "0,",
    }],
    caughtBy: {
      file: "tests/simulator/simulate_test.ts",
      name: "simulate() acknowledges flushes in order, however long each takes",
    },
  },
  {
    name: "simulates that a log is idle while a flush is in flight",
    edits: [{
      file,
      find: "      busy: this.#flights.length > 0,\n",
      replace: "",
    }],
    caughtBy,
  },
  {
    name: "simulates one turn for each of several flushes that end together",
    edits: [{
      file,
      find: "while (this.#landsAt <= now)",
      replace: "if (this.#landsAt <= now)",
    }],
    caughtBy,
  },
  {
    name: "bills a reader that looks as if looking were reading",
    edits: [{
      file: "bench/s3_cost/bill.ts",
      find: "((puts + lists) * put + gets * get)",
      replace: "(puts * put + (lists + gets) * get)",
    }],
    caughtBy: {
      file: "tests/bench/deno_s3_cost_test.ts",
      name: "a reader that looks 4 times a second costs 52 dollars and a half",
    },
  },
];
