import { readListing, readS3Error } from "../../../storage/s3/s3_answers.ts";
import { assertEquals, assertThrows } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const listing = (inner: string) =>
  `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}` +
  "</ListBucketResult>";

const entry = (key: string, size = "7") =>
  `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`;

test("readListing() decodes keys as the answer says", () => {
  const key = "p/a+b%2Bc%C3%BC&amp;";
  const plain = listing(`<IsTruncated>true</IsTruncated>${entry(key)}`);
  assertEquals(readListing(plain, "p/"), {
    objects: [{ key: "a+b%2Bc%C3%BC&", size: 7 }],
    isTruncated: true,
  });
  const encoded = listing(
    "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>" +
      entry("p/a+b%2Bc%C3%BC"),
  );
  assertEquals(readListing(encoded, "p/").objects[0].key, "a b+c\u00fc");
});

const BAD = {
  "another document": "<Error/>",
  "no end mark": listing(entry("p/a")),
  "a strange end mark": listing("<IsTruncated>TRUE</IsTruncated>"),
  "no key": listing(
    "<IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents>",
  ),
  "a strange size": listing(
    `<IsTruncated>false</IsTruncated>${entry("p/a", "-1")}`,
  ),
  "a key elsewhere": listing(`<IsTruncated>false</IsTruncated>${entry("q/a")}`),
  "more after nothing": listing("<IsTruncated>true</IsTruncated>"),
  "a key that cannot be decoded": listing(
    "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>" +
      entry("p/%ff"),
  ),
};

for (const [what, text] of Object.entries(BAD)) {
  test(`readListing() refuses ${what}`, () => {
    assertThrows(() => readListing(text, "p/"), SyntaxError, "Cannot read a");
  });
}

test("readS3Error() finds the code, or none", () => {
  const body = "<Error><Code>NoSuchKey</Code><RequestId>r</RequestId></Error>";
  assertEquals(readS3Error(body), { code: "NoSuchKey", requestId: "r" });
  for (const other of ["", "<html>", "<A><Code>x</Code></A>", "{}"]) {
    assertEquals(readS3Error(other).code, "");
  }
});
