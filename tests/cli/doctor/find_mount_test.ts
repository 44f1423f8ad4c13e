import { findMount } from "../../../cli/doctor/place.ts";
import { assertEquals } from "../../kit/assert.ts";
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
