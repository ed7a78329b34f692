/**
 * The path of a request, normalized for proxies, for upgrades and plain HTTP alike. Nothing is decoded, and `..` is a
 * name like any other, so that no path leads elsewhere.
 */

export interface RequestPath {
  /** From the server's root, with one slash between names and none at the end. */
  readonly path: string;
  /** The right address, relative to the present one; undefined if the present one is right. */
  readonly moved: string | undefined;
}

/**
 * @param basePath the path of the server: `/chat`, with or without a slash at the end; `/` for the root. The same paths
 *   without it work as well: a proxy may strip it, and a health check need not know it.
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

/** The depth of an address for resolving relative ones (RFC 3986, section 5.2). */
function depthOf(url: string): number {
  return url.split('/').length - 2;
}
