/**
 * Where a request goes, whatever a proxy has made of its path: for upgrades and plain HTTP alike. Nothing is decoded, and
 * `..` is a name like any other, so no path leads where it does not say.
 */

export interface RequestPath {
  /** From the server's root, with one slash between names and none at the end. */
  readonly path: string;
  /** The address that it should have had, relative to the one it has; undefined if it has that. */
  readonly moved: string | undefined;
}

/**
 * @param basePath under which the server is: `/chat`, with or without a slash at the end; `/` for its own root. The same
 *   paths without it are known as well: a proxy may take it off, and a health check need not know it.
 */
export function requestPaths(basePath: string): (url: string) => RequestPath {
  const base = plain(basePath);
  return (url) => {
    const found = plain(url);
    const isBelow = base !== '' && (found === base || found.startsWith(`${base}/`));
    const path = (isBelow ? found.slice(base.length) : found) || '/';
    const proper = isBelow ? base + path : path;
    return { path, moved: url === proper ? undefined : `${'../'.repeat(depthOf(url))}${proper.slice(1)}` };
  };
}

/** `/a//b/` is `/a/b`, and `/` is empty. */
function plain(url: string): string {
  return url.replace(/\/+/g, '/').replace(/\/$/, '');
}

/** In how many directories an address is, as whoever resolves a relative one counts (RFC 3986, section 5.2). */
function depthOf(url: string): number {
  return url.split('/').length - 2;
}
