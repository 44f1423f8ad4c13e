import { BaseRouter, type Models, type RouterTarget } from "typedoc";

/** The frontmatter that says which page a document has. */
export const PAGE = "page";

/** The package, which the names of modules begin with. */
export const PACKAGE = "@syncline/wal";

/**
 * Gives pages addresses that last, whatever their titles are:
 * `guides/durability.html`, `reference/policies.html` for a module, and
 * `reference/policies/AgePolicy.html` for what is declared in it.
 */
export class SiteRouter extends BaseRouter {
  readonly #led = new Map<RouterTarget, string>();

  /** Gives something an address that is not a page. */
  lead(target: RouterTarget, url: string): void {
    this.#led.set(target, url);
  }

  override getFullUrl(target: RouterTarget): string {
    return this.#led.get(target) ?? super.getFullUrl(target);
  }

  protected override getIdealBaseName(reflection: Models.Reflection): string {
    if (reflection.isDocument()) return String(reflection.frontmatter[PAGE]);
    const names: string[] = [];
    let at: Models.Reflection | undefined = reflection;
    for (; at !== undefined && !at.isProject(); at = at.parent) {
      const parts = shortName(at.name).split("/");
      names.unshift(...parts.map((part) => this.getUrlSafeName(part)));
    }
    return ["reference", ...names].join("/");
  }
}

/** `policies` for the module `@syncline/wal/policies`, `wal` for the package. */
export function shortName(name: string): string {
  if (!name.startsWith(PACKAGE)) return name;
  return name.slice(PACKAGE.length + 1) || "wal";
}
