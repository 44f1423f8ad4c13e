/*
 * Goal: an error of the network says why. Method: errors as Node and Deno throw
 * them, by an injected fetch.
 */
import { ObjectStoreError, S3Store } from "../../../storage/s3/mod.ts";
import { assertRejects } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("S3Store says why fetch failed, which has it in the cause", async () => {
  const sending = "error sending request for url (https://x/b?c=d): ";
  for (const prefix of ["", sending]) {
    const cause = new Error(`${prefix}dns error`);
    const error = new TypeError("fetch failed", { cause });
    const fetch = () => Promise.reject(error);
    const store = await S3Store.open("s3://bucket", { fetch });
    await assertRejects(
      () => store.head("a"),
      ObjectStoreError,
      'Cannot look up "s3://bucket/a" because dns error',
    );
  }
});
