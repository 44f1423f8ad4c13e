/** Where a directory is mounted. */
export interface Mount {
  /** The file system's type, such as `"ext4"`. */
  readonly type: string;
  /** What is mounted, such as `"/dev/sda1"` or `"server:/export"`. */
  readonly source: string;
  /** Where. */
  readonly at: string;
  /** The device's numbers, such as `"8:1"`. */
  readonly device: string;
  /** Options of the mount and of the file system. */
  readonly options: readonly string[];
}

/**
 * Finds the mount that holds the absolute path `path`, free of links, in the
 * text of Linux' `/proc/self/mountinfo`: the deepest, and of several at one
 * place the last. See proc_pid_mountinfo(5).
 */
export function findMount(text: string, path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const line of text.split("\n")) {
    const mount = parseMount(line);
    if (mount === undefined || !isBelow(path, mount.at)) continue;
    if (found === undefined || mount.at.length >= found.at.length) {
      found = mount;
    }
  }
  return found;
}

/** A number of optional fields precede the hyphen. */
function parseMount(line: string): Mount | undefined {
  const [before, after] = line.split(" - ");
  if (after === undefined) return undefined;
  const [, , device, , at, options] = before.split(" ");
  const [type, source, superOptions = ""] = after.split(" ");
  return {
    type,
    source: unescape(source),
    at: unescape(at),
    device,
    options: [...options.split(","), ...superOptions.split(",")],
  };
}

/** Spaces and the like are there as `\040`. */
function unescape(text: string): string {
  return text.replaceAll(
    /\\([0-7]{3})/g,
    (_, digits) => String.fromCharCode(parseInt(digits, 8)),
  );
}

function isBelow(path: string, at: string): boolean {
  return path === at || path.startsWith(at.endsWith("/") ? at : `${at}/`);
}
