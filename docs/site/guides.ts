/** Documents that belong together, in the order in which to read them. */
export interface GuideGroup {
  /** The heading in the site's navigation. */
  readonly title: string;
  /** Documents, relative to the project. */
  readonly files: readonly string[];
}

/**
 * The site's table of contents, in the order of `docs/guide.md`: every document
 * below `docs/` is in it once, which a test checks. The title of a document is
 * its first heading, and what is said about it is its first sentence.
 */
export const GUIDES: readonly GuideGroup[] = [
  {
    title: "Begin",
    files: [
      "docs/sixty-seconds.md",
      "docs/coming-from.md",
      "docs/guide.md",
    ],
  },
  {
    title: "Decide",
    files: ["docs/policies.md", "docs/durability.md"],
  },
  {
    title: "Build",
    files: [
      "docs/reading.md",
      "docs/checkpoints.md",
      "docs/threads.md",
      "docs/testing.md",
    ],
  },
  {
    title: "Examples",
    files: [
      "docs/examples/README.md",
      "docs/examples/durable-level/README.md",
      "docs/examples/resp-server/README.md",
      "docs/examples/durable-streams/README.md",
      "docs/examples/raft-log/README.md",
      "docs/examples/session-journal/README.md",
      "docs/examples/outbox/README.md",
    ],
  },
  {
    title: "Run",
    files: [
      "docs/operations.md",
      "docs/monitoring.md",
      "docs/opentelemetry.md",
      "docs/backup.md",
      "docs/replication.md",
      "docs/retention.md",
      "docs/cli.md",
      "docs/trace.md",
    ],
  },
  {
    title: "Extend",
    files: [
      "docs/custom-policies.md",
      "docs/storage-adapters.md",
      "docs/object-storage.md",
    ],
  },
  {
    title: "Understand",
    files: [
      "docs/how-it-works.md",
      "docs/performance.md",
      "docs/faq.md",
      "docs/origins.md",
      "docs/format.md",
      "docs/architecture.md",
    ],
  },
  {
    title: "Project",
    files: [
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "RELEASING.md",
      "SECURITY.md",
      "LICENSE",
    ],
  },
];

/** The document that is the site's front page. */
export const FRONT_PAGE = "README.md";

/** Every document that the site shows, in order. */
export function guideFiles(): string[] {
  return [FRONT_PAGE, ...GUIDES.flatMap(({ files }) => files)];
}

/**
 * The page of a document, without its ending: `guides/durability`, or
 * `examples/kv` for `docs/examples/kv/README.md`.
 */
export function pageOf(file: string): string {
  if (file === FRONT_PAGE) return "index";
  const name = file.replace(/^docs\//, "").replace(/\.md$/, "")
    .replace(/\/README$/, "").toLowerCase();
  if (name === "examples") return "examples/index";
  return name.includes("/") ? name : `guides/${name}`;
}
