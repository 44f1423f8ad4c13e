import process from "node:process";
import {
  BUCKET,
  CREDENTIALS,
  type ObjectServerOptions,
  withObjectServer,
} from "../../kit/object_server.ts";
import {
  assertEquals,
  assertGreater,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { type Run, wal } from "../../kit/run_tool.ts";

const VARIABLES = {
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
  AWS_REGION: "test-region",
};

/** Runs the doctor on a server in this process, with its environment. */
async function doctor(
  args: string[],
  options: ObjectServerOptions = {},
  interrupt?: AbortSignal,
): Promise<Run> {
  const before = Object.keys(VARIABLES).map((
    name,
  ) => [name, process.env[name]]);
  Object.assign(process.env, VARIABLES);
  let run: Run | undefined;
  try {
    await withObjectServer(options, async (endpoint) => {
      run = await wal([
        ...["doctor", "--storage", `s3://${BUCKET}/p`, "--quick"],
        ...["--endpoint", endpoint, "--endpoint", endpoint, ...args],
      ], interrupt && { interrupt });
    });
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name!];
      else process.env[name!] = value;
    }
  }
  return run!;
}

test("doctor --storage --json names what a store breaks, and fails", async () => {
  const run = await doctor(["--json"], { ignoresConditions: true });
  assertEquals([run.code, run.stderr], [1, ""]);
  const found = JSON.parse(`${run.stdout}`);
  assertEquals([found.isFit, found.keys], [false, 60]);
  const [first] = found.rules;
  assertEquals(first.rule, "if-none-match");
  assertStringIncludes(first.finding, "If-None-Match is ignored");
  assertGreater(found.flushes[0].p50Ms, 0);
  assertEquals(found.monthlyPrices[1], { everyMs: 100, price: 129.6 });
});

test("doctor --storage says that a bucket is not there", async () => {
  const answer = () => ({
    status: 404,
    body: "<Error><Code>NoSuchBucket</Code></Error>",
  });
  const { code, stderr } = await doctor(["--json"], { answer });
  assertEquals(code, 1);
  const { code: word, message, errno } = JSON.parse(stderr);
  assertEquals([word, errno], ["object-store", "NoSuchBucket"]);
  assertStringIncludes(message, "because the bucket does not exist");
});

test("doctor --storage ends when it is interrupted", async () => {
  const controller = new AbortController();
  let requests = 0;
  const { code, stdout } = await doctor([], {
    answer() {
      if (++requests === 20) controller.abort("SIGINT");
    },
  }, controller.signal);
  assertEquals([code, stdout.length], [130, 0]);
});

test("doctor --storage says what it leaves behind if it fails", async () => {
  const { code, stdout, stderr } = await doctor([], {
    answer({ method }) {
      if (method !== "DELETE") return;
      return { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" };
    },
  });
  assertEquals([code, stdout.length], [1, 0]);
  assertStringIncludes(
    stderr,
    `wal: objects below "s3://${BUCKET}/p/certify-`,
  );
  assertStringIncludes(stderr, "because access is denied");
});

test("doctor refuses options that do not belong together", async () => {
  const cases: [string[], string][] = [
    [["DIR", "--quick"], "--quick needs --storage"],
    [["--storage", "s3://b", "DIR"], "a directory or --storage, not both"],
    [["--storage", "s3://b", "--seconds", "1"], "--seconds needs a directory"],
    [["--storage", "http://x"], "--storage must be s3://BUCKET or"],
    [["--storage", "s3://bbb", "--put-price", "x"], "--put-price must be"],
  ];
  for (const [args, words] of cases) {
    const { code, stderr } = await wal(["doctor", ...args]);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(stderr, words);
  }
});
