/** How a contender looks in every plot. */
export interface Look {
  readonly color: string;
  readonly shape: string;
  readonly dash: readonly number[];
}

const SOLID: readonly number[] = [];
const DASHED: readonly number[] = [5, 3];
const DOTTED: readonly number[] = [2, 2];

/*
 * Okabe and Ito's colours, which the colour-blind tell apart, without the
 * yellow, which is too light on white. A package has one colour; its shape and
 * its dashes tell its two ways apart.
 */
const looks: Record<string, Look> = {
  "floor: overwrite zeros": look("#000000", "cross", SOLID),
  "floor: growing file": look("#888888", "cross", DASHED),
  "bare group commit": look("#6b4c00", "square", DASHED),
  "Syncline": look("#d55e00", "circle", SOLID),
  "Syncline, checkpoints": look("#d55e00", "triangle-up", DOTTED),
  "Syncline enqueue": look("#d55e00", "diamond", DASHED),
  "Syncline enqueue, checkpoints": look("#d55e00", "square", DOTTED),
  "lmdb": look("#0072b2", "square", SOLID),
  "classic-level": look("#009e73", "triangle-down", DASHED),
  "classic-level, grouped": look("#009e73", "triangle-up", SOLID),
  "better-sqlite3": look("#cc79a7", "triangle-down", DASHED),
  "better-sqlite3, grouped": look("#cc79a7", "triangle-up", SOLID),
  "node:sqlite, grouped": look("#882255", "triangle-right", SOLID),
  "sonic-boom, grouped": look("#e69f00", "diamond", SOLID),
  "redis AOF always": look("#56b4e9", "triangle-left", SOLID),
};

function look(color: string, shape: string, dash: readonly number[]): Look {
  return { color, shape, dash };
}

/** Scales that give each of `names` its look, in that order. */
export function scalesFor(names: readonly string[]): {
  color: unknown;
  shape: unknown;
  strokeDash: unknown;
} {
  const scale = (range: readonly unknown[]) => ({
    field: "contender",
    type: "nominal",
    scale: { domain: names, range },
    sort: names,
  });
  return {
    color: scale(names.map((name) => looks[name].color)),
    shape: scale(names.map((name) => looks[name].shape)),
    strokeDash: scale(names.map((name) => looks[name].dash)),
  };
}
