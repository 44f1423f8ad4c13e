import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  Application,
  type Context,
  Converter,
  Logger,
  LogLevel,
  MinimalSourceFile,
  Models,
  normalizePath,
  PageEvent,
  type TypeDocOptions,
} from "typedoc";
import { checkLinks } from "./broken_links.ts";
import { readDocument, root, type SiteDocument } from "./document.ts";
import { FRONT_PAGE, GUIDES, pageOf } from "./guides.ts";
import { linkSymbols } from "./link_symbols.ts";
import { PLAYGROUND, REPOSITORY, SITE } from "./links.ts";
import { makeLlms } from "./llms.ts";
import { searchSections } from "./search_sections.ts";
import { PACKAGE, PAGE, SiteRouter } from "./site_router.ts";
import {
  describePage,
  resolveSiteLinks,
  SiteTheme,
  TOP_LINKS,
} from "./site_theme.ts";

/** What deno.json says about the package. */
interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
}

const manifest: Manifest = JSON.parse(
  readFileSync(join(root, "deno.json"), "utf8"),
);

/** A module's name by its file: `@syncline/wal/policies`. */
const moduleNames: ReadonlyMap<string, string> = new Map(
  Object.entries(manifest.exports).map(([path, file]) => [
    normalizePath(join(root, file)),
    PACKAGE + path.slice(1),
  ]),
);

const OPTIONS: TypeDocOptions = {
  name: `Syncline ${manifest.version}`,
  entryPoints: [...moduleNames.keys()],
  readme: "none",
  // `deno check` has checked types, with more of Deno than is known here.
  skipErrorChecking: true,
  compilerOptions: {
    allowImportingTsExtensions: true,
    lib: ["esnext", "dom", "dom.iterable"],
    module: "esnext",
    moduleResolution: "bundler",
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    target: "esnext",
    types: ["deno", "node"],
  },
  basePath: root,
  displayBasePath: root,
  disableGit: true,
  sourceLinkTemplate: `${REPOSITORY}/blob/main/{path}#L{line}`,
  // What errors inherit of the language would be linked to as if it were here.
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeProtected: true,
  groupReferencesByType: true,
  groupOrder: [
    ...GUIDES.map(({ title }) => title),
    ...["Modules", "Classes", "Functions", "Interfaces", "Type Aliases", "*"],
  ],
  sort: ["alphabetical-ignoring-documents"],
  sortEntryPoints: false,
  navigation: { includeGroups: true },
  navigationLinks: { ...TOP_LINKS },
  headings: { readme: false, document: false },
  highlightLanguages: [
    ...["bash", "console", "diff", "docker", "html", "ini", "javascript"],
    ...["json", "jsonc", "shell", "sql", "toml", "tsx", "typescript", "yaml"],
  ],
  includeHierarchySummary: false,
  searchInComments: true,
  searchInDocuments: true,
  visibilityFilters: {},
  useFirstParagraphOfCommentAsSummary: true,
  hideGenerator: true,
  customFooterHtml: `<a href="${SITE}guides/license.html">MIT License</a> · ` +
    `<a href="${SITE}llms.txt">llms.txt</a>`,
  customCss: join(root, "docs/site/site.css"),
  favicon: join(root, "docs/site/favicon.svg"),
  router: "site",
  theme: "site",
};

/** Keeps what goes wrong. */
class Complaints extends Logger {
  readonly messages: string[] = [];

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.messages.push(message);
  }

  protected override addContext(
    message: string,
    _level: LogLevel,
    ...[at, file]: readonly unknown[]
  ): string {
    if (!(file instanceof MinimalSourceFile)) return message;
    const { line } = file.getLineAndCharacterOfPosition(at as number);
    return `${file.fileName}:${line + 1}: ${message}`;
  }
}

/**
 * Builds the site in a folder that it empties first: the README, the guides,
 * the reference, the playground, and all of these for language models. The same
 * each time, byte for byte.
 *
 * @returns The addresses of other sites that it links to.
 * @throws {Error} If anything is wrong with a comment, a document or a link.
 */
export async function buildSite(folder: string): Promise<readonly string[]> {
  const app = await Application.bootstrap(OPTIONS, []);
  const complaints = new Complaints();
  app.logger = complaints;
  const documents = extend(app);
  const project = await app.convert();
  if (project === undefined) throw faulty(complaints.messages);
  app.validate(project);
  await app.generateDocs(project, folder);
  addPlayground(folder);
  for (const [path, text] of makeLlms(documents, project)) {
    writeFileSync(join(folder, path), text);
  }
  const { broken, external } = checkLinks(folder);
  const faults = [
    ...complaints.messages,
    ...broken.map((link) => `a link leads nowhere: ${link}`),
  ];
  if (faults.length > 0) throw faulty(faults);
  return external;
}

function faulty(faults: readonly string[]): Error {
  return new Error(
    `Cannot build the site because of ${faults.length} faults:\n${
      faults.join("\n")
    }`,
  );
}

/** Makes an application build this site; returns the documents in it. */
function extend(app: Application): SiteDocument[] {
  app.renderer.defineRouter("site", SiteRouter);
  app.renderer.defineTheme("site", SiteTheme);
  const front = readDocument(FRONT_PAGE);
  const groups = GUIDES.map(({ title, files }) => ({
    title,
    documents: files.map(readDocument),
  }));
  app.converter.on(Converter.EVENT_BEGIN, (context: Context) => {
    for (const { title, documents } of groups) {
      for (const document of documents) addDocument(context, document, title);
    }
  });
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, made) => {
    const file = made.kindOf(Models.ReflectionKind.Module) &&
      made.project.files.getReflectionPath(made);
    if (file) made.name = moduleNames.get(file) ?? made.name;
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }: Context) => {
    project.readme = parse(app, front, project);
    project.files.registerReflectionPath(pathOf(front), project);
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, describeReferences);
  let page: PageEvent | undefined;
  app.renderer.on(PageEvent.BEGIN, (event: PageEvent) => {
    page = event;
  });
  app.renderer.on(PageEvent.END, resolveSiteLinks);
  app.renderer.on(PageEvent.END, describePage);
  app.options.setValue("markdownItLoader", (parser: never) => {
    const router = () => app.renderer.router;
    linkSymbols(parser, { page: () => page, router });
  });
  const all = [front, ...groups.flatMap(({ documents }) => documents)];
  searchSections(app, all);
  return all;
}

function addDocument(
  { converter, project }: Context,
  document: SiteDocument,
  group: string,
): void {
  const { file, title, summary } = document;
  const reflection = new Models.DocumentReflection(
    title,
    project,
    parse(converter.application, document, project),
    { group, summary, file, [PAGE]: pageOf(file) },
  );
  project.addChild(reflection);
  project.registerReflection(reflection, undefined, pathOf(document));
}

/** Lists of a module describe what it takes from another, too. */
function describeReferences({ project }: Context): void {
  const references = project.getReflectionsByKind(
    Models.ReflectionKind.Reference,
  );
  for (const reference of references) {
    if (!reference.isReference()) continue;
    const target = reference.getTargetReflectionDeep();
    if (!target.isDeclaration()) continue;
    reference.comment ??= (target.comment ?? target.signatures?.[0].comment)
      ?.clone();
  }
}

function parse(
  app: Application,
  document: SiteDocument,
  project: Models.ProjectReflection,
): Models.CommentDisplayPart[] {
  const source = new MinimalSourceFile(document.text, pathOf(document));
  return app.converter.parseRawComment(source, project.files).content;
}

function pathOf({ file }: SiteDocument): ReturnType<typeof normalizePath> {
  return normalizePath(join(root, file));
}

/** The playground, with a way back, which it lacks because it works alone. */
function addPlayground(folder: string): void {
  const target = join(folder, PLAYGROUND);
  mkdirSync(dirname(target), { recursive: true });
  const page = readFileSync(join(root, "docs", PLAYGROUND), "utf8");
  const back = '<p><a href="../index.html">Syncline</a> · ' +
    '<a href="../guides/policies.html">Choosing a policy</a></p>';
  writeFileSync(target, page.replace("</header>", `${back}\n    </header>`));
}
