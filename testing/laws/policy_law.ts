import assert from "node:assert/strict";
import type { BatchPolicy } from "../../policies/batch_policy.ts";

/** A law for policies, and how it is held. */
export interface PolicyLaw {
  /** What is true of a policy that keeps it. */
  readonly name: string;
  /** Throws or rejects, by `trial.fail`, if the policy does not. */
  check(trial: PolicyTrial): void | Promise<void>;
}

/** What a law is held against. */
export class PolicyTrial {
  /** Makes a fresh policy. */
  readonly make: () => BatchPolicy;
  /** What all that is drawn is drawn from. */
  readonly seed: number;
  readonly #law: string;

  /** A trial of one law. */
  constructor(law: string, make: () => BatchPolicy, seed: number) {
    this.#law = law;
    this.make = make;
    this.seed = seed;
  }

  /** Says that the law is broken, by what, and where. */
  fail(found: string, where: string): never {
    assert.fail(
      `Law: ${this.#law}\nFound: ${found}\n${where}\nSeed: ${this.seed}`,
    );
  }
}
