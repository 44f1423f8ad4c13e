/** Bounds of keys, and the direction in which they are visited. */
export interface Range {
  readonly gt?: string | undefined;
  /** Counts instead of `gt` if both are given. */
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  /** Counts instead of `lt` if both are given. */
  readonly lte?: string | undefined;
  readonly reverse?: boolean | undefined;
}

/** A key with its value. */
export interface Entry {
  readonly key: string;
  readonly value: string;
}

interface Node extends Entry {
  readonly left: Tree;
  readonly right: Tree;
  readonly height: number;
}

type Tree = Node | undefined;

/**
 * An immutable map, sorted by the code units of its keys. A change returns
 * another map and shares all but a path of nodes with this one, so keeping an
 * old map costs next to nothing: it is a snapshot.
 *
 * It is an AVL tree, as the one in the standard library of OCaml: the heights
 * of a node's two sides differ by at most 2.
 */
export class SortedMap {
  /** A map without entries. */
  static readonly empty: SortedMap = new SortedMap(undefined);
  readonly #root: Tree;

  private constructor(root: Tree) {
    this.#root = root;
  }

  /** The most steps that finding a key takes. */
  get height(): number {
    return heightOf(this.#root);
  }

  /** The value of a key, if it has one. */
  get(key: string): string | undefined {
    let node = this.#root;
    while (node !== undefined && node.key !== key) {
      node = key < node.key ? node.left : node.right;
    }
    return node?.value;
  }

  /** This map, with another value for `key`; without `key` if it is undefined. */
  with(key: string, value: string | undefined): SortedMap {
    const root = value === undefined
      ? removed(this.#root, key)
      : added(this.#root, key, value);
    return root === this.#root ? this : new SortedMap(root);
  }

  /** The entries within a range, in its order; each is looked up when taken. */
  *entries(range: Range = {}): Generator<Entry, void> {
    const { reverse = false } = range;
    const isEarly = reverse ? isAbove : isBelow;
    const isLate = reverse ? isBelow : isAbove;
    const path: Node[] = [];
    const descend = (node: Tree) => {
      while (node !== undefined) {
        const isSkipped = isEarly(node.key, range);
        if (!isSkipped) path.push(node);
        node = isSkipped === reverse ? node.left : node.right;
      }
    };
    descend(this.#root);
    for (let node = path.pop(); node !== undefined; node = path.pop()) {
      if (isLate(node.key, range)) return;
      yield node;
      descend(reverse ? node.left : node.right);
    }
  }
}

/** Whether a key lies within a range. */
export function isWithin(key: string, range: Range): boolean {
  return !isBelow(key, range) && !isAbove(key, range);
}

function isBelow(key: string, { gt, gte }: Range): boolean {
  if (gte !== undefined) return key < gte;
  return gt !== undefined && key <= gt;
}

function isAbove(key: string, { lt, lte }: Range): boolean {
  if (lte !== undefined) return key > lte;
  return lt !== undefined && key >= lt;
}

function added(node: Tree, key: string, value: string): Node {
  if (node === undefined) return join({ key, value }, undefined, undefined);
  const { left, right } = node;
  if (key === node.key) return join({ key, value }, left, right);
  return key < node.key
    ? balanced(node, added(left, key, value), right)
    : balanced(node, left, added(right, key, value));
}

function removed(node: Tree, key: string): Tree {
  if (node === undefined) return undefined;
  const { left, right } = node;
  if (key === node.key) return merged(left, right);
  if (key < node.key) {
    const rest = removed(left, key);
    return rest === left ? node : balanced(node, rest, right);
  }
  const rest = removed(right, key);
  return rest === right ? node : balanced(node, left, rest);
}

/** Both sides of a node that is removed. */
function merged(left: Tree, right: Tree): Tree {
  if (left === undefined) return right;
  if (right === undefined) return left;
  let first = right;
  while (first.left !== undefined) first = first.left;
  return balanced(first, left, removed(right, first.key));
}

/** A node whose sides may have become too different by one. */
function balanced(entry: Entry, left: Tree, right: Tree): Node {
  const difference = heightOf(left) - heightOf(right);
  if (left !== undefined && difference > 2) {
    const { left: outer, right: inner } = left;
    if (inner === undefined || heightOf(outer) >= inner.height) {
      return join(left, outer, join(entry, inner, right));
    }
    const { left: near, right: far } = inner;
    return join(inner, join(left, outer, near), join(entry, far, right));
  }
  if (right !== undefined && difference < -2) {
    const { left: inner, right: outer } = right;
    if (inner === undefined || heightOf(outer) >= inner.height) {
      return join(right, join(entry, left, inner), outer);
    }
    const { left: far, right: near } = inner;
    return join(inner, join(entry, left, far), join(right, near, outer));
  }
  return join(entry, left, right);
}

function join({ key, value }: Entry, left: Tree, right: Tree): Node {
  const height = Math.max(heightOf(left), heightOf(right)) + 1;
  return { key, value, left, right, height };
}

function heightOf(node: Tree): number {
  return node === undefined ? 0 : node.height;
}
