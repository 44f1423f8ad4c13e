/*
 * Goal: the library and docs/format.md agree about which segments count, and no
 * crash between two removals changes that. Method: every directory of segments
 * that begin at record 1, 3 or 5 and are of epoch 1, 2 or 3, under every
 * manifest about them.
 */
import {
  type ArrangedSegments,
  arrangeSegments,
} from "../../recovery/arrange_segments.ts";
import {
  compareSegments,
  formatSegmentName,
  parseSegmentName,
  type SegmentName,
} from "../../storage/format/file_names.ts";
import type { Manifest } from "../../storage/format/manifest.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { arrange, parseName } from "../kit/independent_decoder.ts";
import { test } from "../kit/register.ts";

interface Case {
  found: SegmentName[];
  manifest: Manifest;
}

const all = [1, 3, 5].flatMap((firstLsn) =>
  [1, 2, 3].map((epoch) => segment(firstLsn, epoch))
);

function segment(
  firstLsn: number,
  epoch: number,
  revision?: number,
): SegmentName {
  return parseSegmentName(formatSegmentName(firstLsn, epoch, revision))!;
}

function manifestOf(manifest: Partial<Manifest>): Manifest {
  return {
    log: "",
    epoch: 3,
    firstLsn: 1,
    baseLsn: 6,
    durableLsn: 0,
    rewriteLsn: 0,
    time: 0,
    link: 0,
    closed: false,
    ...manifest,
  };
}

/** Every directory and manifest of the small space. */
function* cases(): Generator<Case> {
  for (let chosen = 0; chosen < 2 ** all.length; chosen++) {
    const found = all.filter((_, index) => chosen >> index & 1);
    const newest = Math.max(1, ...found.map(({ epoch }) => epoch));
    for (let epoch = newest; epoch <= 3; epoch++) {
      for (const firstLsn of [1, 2, 3, 4, 5, 7]) {
        for (const baseLsn of [0, 2, 3, 4, 6]) {
          for (const rewriteLsn of [0, 3, 5]) {
            if (rewriteLsn > baseLsn) continue;
            const marks = { epoch, firstLsn, baseLsn, rewriteLsn };
            yield { found, manifest: manifestOf(marks) };
          }
        }
      }
    }
  }
}

const namesOf = (segments: readonly SegmentName[]) =>
  segments.map(({ name }) => name);

function describe({ found, manifest }: Case): string {
  const { epoch, firstLsn, baseLsn, rewriteLsn } = manifest;
  return `${namesOf(found)}, epoch ${epoch}, low mark ${firstLsn}, base ` +
    `${baseLsn}, rewrite ${rewriteLsn}`;
}

function assertSame(
  a: readonly string[],
  b: readonly string[],
  message: () => string,
): void {
  assert(a.join() === b.join(), `${a.join()} is not ${b.join()}: ${message()}`);
}

test("arrangeSegments() puts each segment in one place, in order", () => {
  for (const one of cases()) {
    const arranged = arrangeSegments(one.found, one.manifest);
    const { segments, fenced, replaced, obsolete } = arranged;
    const places = [...segments, ...fenced, ...replaced, ...obsolete];
    const message = () => describe(one);
    assertSame(namesOf(places).sort(), namesOf(one.found), message);
    const ordered = [...segments].sort(compareSegments);
    assertSame(namesOf(segments), namesOf(ordered), message);
    const epochs = segments.map(({ epoch }) => epoch);
    assert(epochs.every((epoch, at) => epoch >= (epochs[at - 1] ?? 0)));
  }
});

test("arrangeSegments() follows the steps of docs/format.md", () => {
  for (const one of cases()) {
    const { segments, fenced } = arrangeSegments(one.found, one.manifest);
    const names = one.found.flatMap(({ name }) => parseName(name));
    const page = arrange(names, one.manifest);
    const filesOf = (segments: typeof names) => segments.map((s) => s.file);
    const message = () => describe(one);
    assertSame(namesOf(segments), filesOf(page.live), message);
    assertSame(namesOf(fenced).sort(), filesOf(page.fenced).sort(), message);
  }
});

test("arrangeSegments() finds the same log when any obsolete one is gone", () => {
  for (const one of cases()) {
    const whole = arrangeSegments(one.found, one.manifest);
    for (let gone = 1; gone < 2 ** whole.obsolete.length; gone++) {
      const left = one.found.filter((segment) =>
        (gone >> whole.obsolete.indexOf(segment) & 1) === 0 ||
        !whole.obsolete.includes(segment)
      );
      const again = arrangeSegments(left, one.manifest);
      const message = () => `${describe(one)}, left ${namesOf(left)}`;
      assertSame(namesOf(again.segments), namesOf(whole.segments), message);
      assert(again.end === whole.end, message());
    }
  }
});

test("arrangeSegments() ends a last segment of a lower epoch at the base", () => {
  for (const { found, manifest } of cases()) {
    const { segments, end } = arrangeSegments(found, manifest);
    const isOld = (segments.at(-1)?.epoch ?? 3) < manifest.epoch;
    assertEquals(end, isOld ? manifest.baseLsn + 1 : Infinity);
  }
});

/** Names in short, as `firstLsn-epoch`. */
function short(arranged: ArrangedSegments): Record<string, string> {
  const textOf = (segments: readonly SegmentName[]) =>
    segments.map(({ firstLsn, epoch, revision }) =>
      `${firstLsn}-${epoch}${revision === undefined ? "" : `.${revision}`}`
    ).join(" ");
  const { segments, fenced, replaced, obsolete } = arranged;
  return Object.fromEntries(
    Object.entries({ segments, fenced, replaced, obsolete })
      .filter(([, found]) => found.length > 0)
      .map(([place, found]) => [place, textOf(found)]),
  );
}

test("arrangeSegments() fences what lies after the base, or a newer epoch", () => {
  const found = [segment(1, 1), segment(3, 2), segment(5, 1)];
  const late = arrangeSegments(found, manifestOf({ epoch: 2, baseLsn: 2 }));
  assertEquals(short(late), { segments: "1-1 3-2", fenced: "5-1" });
  const passed = arrangeSegments(found, manifestOf({}));
  assertEquals(short(passed), { segments: "1-1 3-2", fenced: "5-1" });
  const none = arrangeSegments([segment(1, 1)], manifestOf({ baseLsn: 0 }));
  assertEquals(short(none), { fenced: "1-1" });
});

test("arrangeSegments() lets a rewritten segment replace all up to the base", () => {
  const old = [segment(1, 1), segment(3, 1), segment(5, 2)];
  const manifest = manifestOf({ rewriteLsn: 3 });
  const announced = arrangeSegments(old, manifest);
  assertEquals(short(announced), { segments: "1-1 3-1 5-2" });
  const found = [...old, segment(3, 3)].sort(compareSegments);
  const done = arrangeSegments(found, manifest);
  assertEquals(short(done), { segments: "1-1 3-3", obsolete: "3-1 5-2" });
});

test("arrangeSegments() counts the highest revision of a segment", () => {
  const found = [
    segment(1, 1),
    segment(1, 1, 1),
    segment(1, 1, 2),
    segment(3, 1),
  ];
  for (const manifest of [manifestOf({}), undefined]) {
    const arranged = arrangeSegments(found, manifest);
    assertEquals(short(arranged), {
      segments: "1-1.2 3-1",
      replaced: "1-1 1-1.1",
    });
  }
});

test("arrangeSegments() keeps the segment that holds the low mark", () => {
  const found = [segment(1, 1), segment(3, 1), segment(5, 1)];
  const kept = (firstLsn: number) =>
    short(arrangeSegments(found, manifestOf({ firstLsn }))).segments;
  assertEquals([1, 2, 3, 4, 5, 6].map(kept), [
    "1-1 3-1 5-1",
    "1-1 3-1 5-1",
    "3-1 5-1",
    "3-1 5-1",
    "5-1",
    "5-1",
  ]);
  assertEquals(kept(7), undefined);
});
