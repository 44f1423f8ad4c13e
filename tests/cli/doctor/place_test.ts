import { findMount, judgePlace } from "../../../cli/doctor/place.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const MOUNTS = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
31 27 0:40 / /home rw,nosuid shared:5 master:1 - nfs4 host:/home rw,vers=4.2
32 31 8:17 / /home/my\\040disk rw - xfs /dev/my\\040disk rw,nobarrier
40 27 8:1 / /data rw - ext4 /dev/sda1 rw
41 27 0:50 / /data rw - tmpfs tmpfs rw,size=4k
`;

test("findMount() finds the deepest mount, and the last at a place", () => {
  const type = (path: string) => findMount(MOUNTS, path)?.type;
  assertEquals(type("/"), "ext4");
  assertEquals(type("/homes/x"), "ext4");
  assertEquals(type("/home"), "nfs4");
  assertEquals(type("/home/my disk/log"), "xfs");
  assertEquals(type("/data/log"), "tmpfs");
});

test("findMount() reads device, source and both kinds of options", () => {
  assertEquals(findMount(MOUNTS, "/home/my disk"), {
    type: "xfs",
    source: "/dev/my disk",
    at: "/home/my disk",
    device: "8:17",
    options: ["rw", "rw", "nobarrier"],
  });
  assertEquals(findMount("", "/"), undefined);
});

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
