import { type AddressInfo, createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { MemoryObjectStore } from "../../../storage/s3/memory_object_store.ts";
import {
  ObjectStoreError,
  requireKey,
} from "../../../storage/s3/object_store.ts";
import {
  RetryingStore,
  UnknownOutcomeError,
} from "../../../storage/s3/retrying_store.ts";
import { S3Store } from "../../../storage/s3/s3_store.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../../kit/assert.ts";
import {
  BUCKET,
  CREDENTIALS,
  type ObjectServerOptions,
  withObjectServer,
} from "../../kit/object_server.ts";
import { test } from "../../kit/register.ts";

const bytes = new TextEncoder().encode("hello");
const region = "test-region";

function withStore(
  options: ObjectServerOptions,
  use: (store: S3Store) => Promise<void>,
): Promise<void> {
  return withObjectServer(options, async (endpoint) => {
    const credentials = CREDENTIALS;
    const url = `s3://${BUCKET}/a b/+ü&<'`;
    await use(await S3Store.open(url, { endpoint, region, credentials }));
  });
}

async function failure(call: Promise<unknown>): Promise<ObjectStoreError> {
  return await assertRejects(() => call, ObjectStoreError) as ObjectStoreError;
}

test("S3Store signs its requests, and the server checks them", () =>
  withStore({}, async (store) => {
    assertEquals(await store.create("b/1", bytes, { id: "x" }), "created");
    assertEquals(await store.create("b/1", bytes, { id: "y" }), "exists");
    assertEquals(await store.head("b/1"), { size: 5, id: "x" });
    const { objects } = await store.list({ prefix: "b/", after: "b/0" });
    assertEquals(objects, [{ key: "b/1", size: 5 }]);
    await store.remove("b/1");
    assertEquals(await store.get("b/1"), undefined);
  }));

test("S3Store asks for credentials before each request", () =>
  withObjectServer({}, async (endpoint) => {
    let asked = 0;
    const store = await S3Store.open(`s3://${BUCKET}`, {
      ...{ endpoint, region },
      credentials: () => {
        asked++;
        return Promise.resolve({ ...CREDENTIALS, secretAccessKey: "wrong" });
      },
    });
    assertEquals(asked, 0);
    const error = await failure(store.list());
    assertEquals([error.status, error.code], [403, "SignatureDoesNotMatch"]);
    assertEquals(error.requestId, "R1");
    assertStringIncludes(
      error.message,
      `Cannot list "s3://${BUCKET}" because the secret key or the region`,
    );
    await failure(store.head("a"));
    assertEquals(asked, 2);
  }));

test("S3Store names a bucket that is not there", () =>
  withObjectServer({}, async (endpoint) => {
    const store = await S3Store.open("s3://other-bucket", {
      ...{ endpoint, region, credentials: CREDENTIALS },
    });
    const calls = [
      () => store.get("a"),
      () => store.list(),
      () => store.create("a", bytes, { id: "1" }),
    ];
    for (const call of calls) {
      const { code, message } = await failure(call());
      assertEquals(code, "NoSuchBucket");
      assertStringIncludes(message, "because the bucket does not exist");
    }
  }));

const ANSWERS: Record<string, [
  ReturnType<NonNullable<ObjectServerOptions["answer"]>>,
  Partial<ObjectStoreError>,
  string,
]> = {
  "that asks for fewer requests": [
    {
      status: 503,
      headers: { "retry-after": "3" },
      body: "<Error><Code>SlowDown</Code></Error>",
    },
    { status: 503, code: "SlowDown", retryAfterMs: 3000 },
    "the store asks for fewer requests",
  ],
  "from a clock that differs": [
    {
      status: 403,
      headers: { date: new Date(Date.now() - 3_600_000).toUTCString() },
      body: "<Error><Code>RequestTimeTooSkewed</Code></Error>",
    },
    { status: 403, code: "RequestTimeTooSkewed" },
    " s fast (403 RequestTimeTooSkewed)",
  ],
  "that sends elsewhere": [
    { status: 301, headers: { "x-amz-bucket-region": "eu-west-9" } },
    { status: 301, code: "" },
    "the bucket is elsewhere, in eu-west-9",
  ],
  "from a proxy, in HTML": [
    { status: 502, body: "<html><br>Bad gateway</html>" },
    { status: 502, code: "" },
    "the store refused (502)",
  ],
  "that is no listing": [
    { status: 200, body: "<html></html>" },
    { status: 200, code: "BadAnswer" },
    "an element html",
  ],
};

for (const [what, [answer, expected, words]] of Object.entries(ANSWERS)) {
  test(`S3Store understands an answer ${what}`, () =>
    withStore({ answer: () => answer }, async (store) => {
      const error = await failure(store.list());
      for (const [name, value] of Object.entries(expected)) {
        assertEquals(error[name as keyof ObjectStoreError], value, name);
      }
      assertStringIncludes(error.message, words);
    }));
}

test("S3Store refuses a part of an object that was not asked for", () =>
  withStore({
    answer: ({ method }) =>
      method === "GET" ? { status: 200, body: "0123456789" } : undefined,
  }, async (store) => {
    const call = store.get("a", { range: { from: 2, to: 4 } });
    assertEquals((await failure(call)).code, "BadAnswer");
  }));

test("S3Store does not take a proxy's 404 for an object that is not there", () =>
  withStore({
    answer: () => ({ status: 404, body: "default backend - 404" }),
  }, async (store) => {
    for (const call of [() => store.get("a"), () => store.remove("a")]) {
      assertEquals((await failure(call())).status, 404);
    }
  }));

test("S3Store refuses a range that is none before it asks", async () => {
  const fetch = () => Promise.reject(new Error("sent"));
  const stores = [
    await S3Store.open("s3://bucket", { fetch }),
    new MemoryObjectStore(),
  ];
  const ranges = [[0, 0], [5, 4], [-1, 4], [0.5, 2], [0, NaN]];
  for (const store of stores) {
    for (const [from, to] of ranges) {
      const call = () => store.get("a", { range: { from, to } });
      await assertRejects(call, RangeError, "Cannot get an object because");
    }
  }
});

test("S3Store does not list the folder that the place is", async () => {
  const asked: string[] = [];
  const keys = ["p/", "p/a", "p/b"];
  const fetch = (url: string) => {
    const query = new URL(url).searchParams;
    asked.push(url);
    const after = query.get("start-after") ?? "";
    const limit = Number(query.get("max-keys"));
    const found = keys.filter((key) => key > after);
    return Promise.resolve(
      new Response(
        "<ListBucketResult>" +
          `<IsTruncated>${found.length > limit}</IsTruncated>` +
          found.slice(0, limit).map((key) =>
            `<Contents><Key>${key}</Key><Size>0</Size></Contents>`
          ).join("") + "</ListBucketResult>",
      ),
    );
  };
  const store = await S3Store.open("s3://bucket/p", { fetch });
  const first = await store.list({ limit: 1 });
  assertEquals(first.objects, [{ key: "a", size: 0 }]);
  const second = await store.list({ limit: 1, after: "a" });
  assertEquals(second, {
    objects: [{ key: "b", size: 0 }],
    isTruncated: false,
  });
});

test("S3Store shows no more of a store's words than a line has", () =>
  withStore({
    answer: () => ({
      status: 400,
      body: `<Error><Code>a\u001b[2J\nb</Code><RequestId>${
        "x".repeat(5000)
      }</RequestId></Error>`,
    }),
  }, async (store) => {
    const error = await failure(store.list());
    assertEquals([error.code, error.requestId], ["", undefined]);
  }));

test("a create is unknown if the server dies on a connection that was kept", async () => {
  let puts = 0;
  const server = createServer((socket) => {
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (data) => {
      text += data.toString("latin1");
      if (text.startsWith("HEAD") && text.endsWith("\r\n\r\n")) {
        text = "";
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
      } else if (text.startsWith("PUT") && text.endsWith("hello")) {
        puts++;
        server.close();
        socket.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const store = new RetryingStore(
    await S3Store.open("s3://bucket", {
      endpoint: `http://127.0.0.1:${port}`,
      fetch: (url, request) => fetch(url, request),
    }),
    { deadlineMs: 50 },
  );
  await store.head("b/0");
  await assertRejects(
    () => store.create("b/1", bytes, { id: "1" }),
    UnknownOutcomeError,
  );
  assertEquals(puts, 1);
});

test("S3Store reads an answer that was compressed on the way", () =>
  withStore({
    answer: () => ({
      status: 200,
      headers: { "content-encoding": "gzip" },
      body: gzipSync(
        "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>",
      ),
    }),
  }, async (store) => {
    assertEquals(await store.list(), { objects: [], isTruncated: false });
  }));

test("S3Store refuses an answer that is cut short", () =>
  withObjectServer({}, async (endpoint) => {
    const store = await S3Store.open(`s3://${BUCKET}`, {
      endpoint,
      fetch: () =>
        Promise.resolve(
          new Response("01234", { headers: { "content-length": "10" } }),
        ),
    });
    const error = await failure(store.get("a"));
    assertEquals(error.status, 0);
    assertStringIncludes(error.message, "5 of 10 bytes came");
  }));

test("S3Store says that nothing listens at an address", async () => {
  let address = "";
  await withObjectServer({}, (endpoint) => {
    address = endpoint;
    return Promise.resolve();
  });
  const store = await S3Store.open(`s3://${BUCKET}`, {
    endpoint: address,
    credentials: CREDENTIALS,
  });
  const error = await failure(store.head("a"));
  assertEquals(error.status, 0);
  assertStringIncludes(
    error.message,
    `Cannot look up "s3://${BUCKET}/a" because nothing listens there`,
  );
});

test("S3Store gives up a request when its signal comes", () =>
  withObjectServer({}, async (endpoint) => {
    const controller = new AbortController();
    const store = await S3Store.open(`s3://${BUCKET}`, {
      endpoint,
      fetch: (_url, { signal }) =>
        new Promise((_, reject) => {
          signal!.addEventListener("abort", () => reject(new Error("ended")));
          controller.abort(new Error("enough"));
        }),
    });
    await assertRejects(
      () => store.head("a", { signal: controller.signal }),
      Error,
      "enough",
    );
  }));

test("S3Store sends by an injected fetch, to the address of the bucket", async () => {
  const asked: string[] = [];
  const fetch = (url: string, { method }: { method: string }) => {
    asked.push(`${method} ${url}`);
    return Promise.resolve(new Response(null, { status: 404 }));
  };
  const opened = [
    await S3Store.open("s3://bucket", { fetch, region: "eu-west-1" }),
    await S3Store.open("s3://bucket/p/", { fetch, addressing: "path" }),
    await S3Store.open("s3://bucket/p q", { fetch, endpoint: "http://x:1/y/" }),
    await S3Store.open("s3://bucket", {
      ...{ fetch, endpoint: "https://x", addressing: "virtual" },
    }),
    await S3Store.open("s3://my.bucket", { fetch, region: "eu-west-1" }),
  ];
  for (const store of opened) await store.head("a/b");
  assertEquals(asked, [
    "HEAD https://bucket.s3.eu-west-1.amazonaws.com/a/b",
    "HEAD https://s3.us-east-1.amazonaws.com/bucket/p/a/b",
    "HEAD http://x:1/y/bucket/p%20q/a/b",
    "HEAD https://bucket.x/a/b",
    // A certificate for *.s3.… does not cover a name with more dots.
    "HEAD https://s3.eu-west-1.amazonaws.com/my.bucket/a/b",
  ]);
});

test("S3Store.open() refuses what is no place, before anything is sent", async () => {
  const fetch = () => Promise.reject(new Error("sent"));
  for (const url of ["", "bucket", "s3://", "s3://A", "s3://ab", "s3://a/b"]) {
    await assertRejects(() => S3Store.open(url, { fetch }), TypeError, "s3://");
  }
  for (
    const prefix of ["/", "a//b", "..", "a/./b", "x".repeat(501), "\ud800"]
  ) {
    const url = `s3://bucket/${prefix}`;
    await assertRejects(() => S3Store.open(url, { fetch }), TypeError, "s3://");
  }
  for (const endpoint of ["x", "ftp://x", "http://x?y", "http://u@x"]) {
    await assertRejects(
      () => S3Store.open("s3://bucket", { fetch, endpoint }),
      TypeError,
      "endpoint must be",
    );
  }
  for (const endpoint of ["http://127.0.0.1:1", "http://[::1]"]) {
    await assertRejects(
      () =>
        S3Store.open("s3://bucket", { fetch, endpoint, addressing: "virtual" }),
      TypeError,
      "addressing",
    );
  }
  const leaky = await assertRejects(
    () => S3Store.open("s3://bucket", { fetch, endpoint: "http://:pw123@x" }),
    TypeError,
  ) as Error;
  assert(!leaky.message.includes("pw123"), leaky.message);
  const credentials = { accessKeyId: "a", secretAccessKey: 7 as never };
  const error = await assertRejects(
    () => S3Store.open("s3://bucket", { credentials }),
    TypeError,
  ) as TypeError;
  assert(!error.message.includes("7"), error.message);
});

test("a key is letters, digits, - _ and . in parts", () => {
  for (const key of ["a", "b/0001", "..a/-_", "A.b"]) requireKey("try", key);
  for (const key of ["", "/a", "a/", "a//b", "..", "a/./b", "ä", "a b", 7]) {
    assertThrows(() => requireKey("try", key), TypeError, "its key must be");
  }
});
