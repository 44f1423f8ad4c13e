import type { Models, PageEvent, Router } from "typedoc";
import { documentAt, PLAYGROUND, REPOSITORY, SITE } from "./links.ts";

/** What is used of a token of the Markdown parser. */
interface Token {
  readonly type: string;
  content: string;
  children: Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

/** What is used of the Markdown parser. */
interface Parser {
  readonly core: {
    readonly ruler: {
      push(name: string, rule: (state: ParserState) => void): void;
    };
  };
}

interface ParserState {
  readonly tokens: readonly Token[];
  readonly Token: new (type: string, tag: string, nesting: number) => Token;
}

/** What {@linkcode linkSymbols} has to know of a site. */
export interface SymbolSite {
  /** The page that is being written. */
  readonly page: () => PageEvent | undefined;
  readonly router: () => Router | undefined;
}

/**
 * Makes links of code in guides: of `LogFailedError`, `anyOf(...)` or
 * `Wal.open` to the reference; and of `docs/format.md`, wherever it is named,
 * to that guide. Only the first mention in each section is linked. Links of
 * module docs to a guide in the repository lead to the guide of the site.
 */
export function linkSymbols(parser: Parser, site: SymbolSite): void {
  parser.core.ruler.push("link_symbols", ({ tokens, Token }) => {
    const page = site.page();
    if (page === undefined) return;
    const symbols = isGuide(page) ? symbolsOf(page.project) : new Map();
    const addressOf = ({ type, content }: Token) => {
      const target = type === "code_inline"
        ? symbols.get(content.replace(/\(.*\)$/, "()"))
        : undefined;
      if (target !== undefined) {
        return site.router()?.relativeUrl(page.model, target);
      }
      return addressOfFile(content, page, site);
    };
    let seen = new Set<string>();
    tokens.forEach((token, index) => {
      if (token.type === "heading_open") seen = new Set();
      if (tokens[index - 1]?.type === "heading_open") return;
      if (token.children === null || token.type !== "inline") return;
      for (const child of token.children) leadToGuide(child, page, site);
      token.children = linked(token.children, Token, (part) => {
        const href = seen.has(part.content) ? undefined : addressOf(part);
        if (href !== undefined) seen.add(part.content);
        return href;
      });
    });
  });
}

/** The same tokens, with links around those that have an address. */
function linked(
  tokens: readonly Token[],
  Token: ParserState["Token"],
  addressOf: (part: Token) => string | undefined,
): Token[] {
  let depth = 0;
  return tokens.flatMap((token) => {
    if (token.type === "link_open") depth++;
    if (token.type === "link_close") depth--;
    if (depth > 0) return [token];
    return partsOf(token, Token).flatMap((part) => {
      const href = addressOf(part);
      if (href === undefined) return [part];
      const open = new Token("link_open", "a", 1);
      open.attrSet("href", href);
      return [open, part, new Token("link_close", "a", -1)];
    });
  });
}

/** Code as it is, and text as the names of files and what is between them. */
function partsOf(token: Token, Token: ParserState["Token"]): Token[] {
  if (token.type !== "text" || !token.content.includes("docs/")) return [token];
  return token.content.split(/\b(docs\/[\w/-]+\.(?:md|html))\b/)
    .map((content) => {
      const part = new Token("text", "", 0);
      part.content = content;
      return part;
    });
}

function isGuide({ model, url }: PageEvent): boolean {
  return url === "index.html" ||
    (model as Models.Reflection).isDocument?.() === true;
}

const symbolsByProject = new WeakMap<
  Models.ProjectReflection,
  ReadonlyMap<string, Models.Reflection>
>();

/**
 * Symbols as guides write them. A name that might be another word needs its
 * parentheses: `restore()`, but not `restore`.
 */
function symbolsOf(
  project: Models.ProjectReflection,
): ReadonlyMap<string, Models.Reflection> {
  const known = symbolsByProject.get(project);
  if (known !== undefined) return known;
  const symbols = new Map<string, Models.Reflection>();
  for (const module of project.children ?? []) {
    symbols.set(module.name, module);
    for (const symbol of module.children ?? []) {
      if (symbol.isReference()) continue;
      const { name } = symbol;
      symbols.set(/^[A-Z]/.test(name) ? name : `${name}()`, symbol);
      for (const member of symbol.children ?? []) {
        const owner = name === "Wal" ? ["Wal", "wal"] : [name];
        for (const start of owner) {
          symbols.set(`${start}.${member.name}`, member);
          symbols.set(`${start}.${member.name}()`, member);
        }
      }
    }
  }
  symbolsByProject.set(project, symbols);
  return symbols;
}

/** Changes a link to a guide in the repository. */
function leadToGuide(token: Token, page: PageEvent, site: SymbolSite): void {
  const start = `${REPOSITORY}/blob/main/`;
  const href = token.type === "link_open" ? token.attrGet("href") ?? "" : "";
  if (!href.startsWith(start)) return;
  const [file, anchor] = href.slice(start.length).split("#");
  const address = addressOfFile(file, page, site);
  if (address === undefined) return;
  token.attrSet(
    "href",
    anchor === undefined ? address : `${address}#${anchor}`,
  );
}

/** The page of a file of the project that code names. */
function addressOfFile(
  code: string,
  page: PageEvent,
  site: SymbolSite,
): string | undefined {
  if (code === `docs/${PLAYGROUND}`) return SITE + PLAYGROUND;
  if (!/^[\w./-]+\.md$/.test(code)) return undefined;
  const file = documentAt(code);
  const target = page.project.documents?.find(({ frontmatter }) =>
    frontmatter.file === file
  );
  if (file === undefined || target === undefined || target === page.model) {
    return undefined;
  }
  return site.router()?.relativeUrl(page.model, target);
}
