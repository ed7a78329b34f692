/** Finds malformed requests that the library lets through. */
import type { Rejection } from './admission.ts';
import { type HeaderLines, single } from './request-head.ts';

/** RFC 3986, section 3.2: a name or an address, and a port. */
const authority = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~%!$&'()*+,;=]+)(:\d*)?$/;

/**
 * RFC 9112, sections 3.2, 6.1 and 6.3: a request that different parsers could read differently is refused.
 *
 * @returns undefined if nothing is wrong.
 */
export function requestFault(lines: HeaderLines): Rejection | undefined {
  if (!authority.test(single(lines, 'host') ?? '')) return malformed('there has to be one Host line with a name');
  if (lines.has('content-length') && !/^\d+$/.test(single(lines, 'content-length') ?? '')) {
    return malformed('there may be one Content-Length line, with a number');
  }
  if (lines.has('transfer-encoding') && single(lines, 'transfer-encoding')?.toLowerCase() !== 'chunked') {
    return malformed('there may be one Transfer-Encoding line, with "chunked"');
  }
  return undefined;
}

export function malformed(message: string): Rejection {
  return { status: '400 Bad Request', message };
}
