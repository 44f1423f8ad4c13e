import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

/** What the pages of a site link to. */
export interface LinkReport {
  /** `page: link`, for each link to a page or an anchor that is not there. */
  readonly broken: readonly string[];
  /** Addresses of other sites, which are not tried. */
  readonly external: readonly string[];
}

/** A file of a site. */
interface Page {
  /** What a link may name in it. */
  readonly anchors: ReadonlySet<string>;
  /** Where it links to. */
  readonly links: readonly string[];
}

/** Follows every link of the HTML and Markdown files in a folder. */
export function checkLinks(folder: string): LinkReport {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .map((path) => posix.relative(folder, path.replaceAll("\\", "/")));
  const pages = new Map(files.map((file) => [
    file,
    readPage(file, () => readFileSync(`${folder}/${file}`, "utf8")),
  ]));
  const external = new Set<string>();
  const broken: string[] = [];
  for (const [file, { links }] of pages) {
    for (const link of new Set(links)) {
      if (/^[a-z][a-z+.-]*:/i.test(link)) external.add(link);
      else if (!leads(link, file, pages)) broken.push(`${file}: ${link}`);
    }
  }
  return {
    broken: broken.sort(),
    external: [...external].filter((link) => /^https?:/.test(link)).sort(),
  };
}

function readPage(file: string, read: () => string): Page {
  if (file.endsWith(".html")) return readHtml(read());
  if (/\.(?:md|txt)$/.test(file)) {
    return { anchors: new Set(), links: linksOfMarkdown(read()) };
  }
  return { anchors: new Set(), links: [] };
}

function readHtml(html: string): Page {
  const markup = html.replaceAll(/(<(script|style)\b[^>]*>)[^]*?<\/\2>/g, "$1");
  const values = (name: string) =>
    [...markup.matchAll(new RegExp(`<[^>]*?\\s${name}="([^"]*)"`, "g"))]
      .map(([, value]) => value.replaceAll("&amp;", "&"));
  return {
    anchors: new Set(values("id")),
    links: ["href", "src"].flatMap(values),
  };
}

function linksOfMarkdown(text: string): string[] {
  const prose = text.replaceAll(/^ *(`{3,})[^]*?^ *\1`*$|`[^`\n]+`/gm, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
}

function leads(
  link: string,
  from: string,
  pages: ReadonlyMap<string, Page>,
): boolean {
  const [path, anchor = ""] = link.split("#").map(decodeURIComponent);
  if (path.startsWith("/")) return false;
  const joined = path === ""
    ? from
    : posix.join(posix.dirname(from), path).replace(/^\.?\/?$/, "");
  const to = joined === "" || joined.endsWith("/")
    ? `${joined}index.html`
    : joined;
  const page = pages.get(to);
  if (page === undefined) return false;
  return anchor === "" || !to.endsWith(".html") || page.anchors.has(anchor);
}
