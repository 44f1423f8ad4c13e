import { judgePlace } from "../../../cli/doctor/place.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const lock = { state: "free" } as const;
const at = "/data";

function judge(
  type: string,
  syncMs = 0.2,
  options: string[] = [],
  halvesMs: [number, number] = [syncMs, syncMs],
): string[] {
  const mount = { type, source: "src", at, device: "8:1", options };
  return judgePlace({ place: { path: at, mount }, lock, syncMs, halvesMs });
}

test("judgePlace() has nothing against a disk that syncs", () => {
  for (const type of ["ext4", "xfs", "btrfs", "zfs", "fuseblk"]) {
    assertEquals(judge(type), []);
  }
  const path = at;
  const unknown = { place: { path }, lock, syncMs: 9, halvesMs: [9, 9] };
  assertEquals(judgePlace({ ...unknown, halvesMs: [9, 9] }), []);
});

test("judgePlace() warns of memory, network and a container's layer", () => {
  for (const type of ["tmpfs", "ramfs"]) {
    assertEquals(judge(type, 0.001), [
      `this is ${type}: nothing here survives power loss`,
    ]);
  }
  const remote = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "9p",
    "fuse.sshfs",
    "virtiofs",
  ];
  for (const type of remote) {
    assertStringIncludes(
      judge(type).join(),
      `${type} ("src"), which may be on`,
    );
  }
  assertStringIncludes(judge("overlay").join(), "mount a volume");
});

test("judgePlace() passes on the storage's warning where no mount is known", () => {
  const evidence = {
    ...{ place: { path: at }, lock, syncMs: 9, storageWarning: "mind this" },
    halvesMs: [9, 9] as const,
  };
  assertEquals(judgePlace(evidence), ["mind this"]);
  const mount = { type: "ext4", source: "", at, device: "", options: [] };
  assertEquals(judgePlace({ ...evidence, place: { path: at, mount } }), []);
});

test("judgePlace() warns of syncs that reach no device", () => {
  assertStringIncludes(judge("ext4", 0.004).join(), "no device is that fast");
  assertStringIncludes(judge("ext4", 0.019).join(), "a cache answers");
  assertEquals(judge("ext4", 0.021), []);
  for (const option of ["nobarrier", "barrier=0"]) {
    assertStringIncludes(judge("ext4", 1, [option]).join(), `"${option}"`);
  }
  assertEquals(judge("ext4", 1, ["barrier=1"]), []);
});

test("judgePlace() warns of a drift either way, and of another writer", () => {
  assertEquals(judge("ext4", 1, [], [1, 1.4]), []);
  for (const halves of [[1, 1.6], [1.6, 1]] as [number, number][]) {
    assertStringIncludes(
      judge("ext4", 1, [], halves).join(),
      "the median went",
    );
  }
  const alive = { state: "alive", pid: 7, runtime: "node" } as const;
  const place = { path: at };
  const found = judgePlace({
    ...{ place, lock: alive, syncMs: 1 },
    halvesMs: [1, 1],
  });
  assertStringIncludes(found.join(), "process 7 has the log");
});
