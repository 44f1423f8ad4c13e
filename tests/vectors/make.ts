/**
 * Makes the vectors next to this file: small logs, byte for byte the same each
 * time, and `expected.json`, which says what a reader has to make of them. Run
 * it with `deno run -RW tests/vectors/make.ts`.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { chainVectors } from "./chain_vectors.ts";
import { damagedVectors } from "./damaged_vectors.ts";
import { holeVectors } from "./hole_vectors.ts";
import { manifestVectors } from "./manifest_vectors.ts";
import { metaVectors } from "./meta_vectors.ts";
import { soundVectors } from "./sound_vectors.ts";
import type { Vector } from "./vector.ts";
import { versionVectors } from "./version_vectors.ts";

/** All vectors. */
export function makeVectors(): Vector[] {
  return [
    ...soundVectors(),
    ...versionVectors(),
    ...damagedVectors(),
    ...chainVectors(),
    ...holeVectors(),
    ...manifestVectors(),
    ...metaVectors(),
  ];
}

function write(vectors: Vector[]): void {
  for (const { files, expected } of vectors) {
    const folder = new URL(`./${expected.vector}/`, import.meta.url);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [file, bytes] of files) {
      writeFileSync(new URL(file, folder), bytes);
    }
  }
  const all = vectors.map(({ expected }) => expected);
  const path = new URL("./expected.json", import.meta.url);
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`);
}

if (import.meta.main) write(makeVectors());
