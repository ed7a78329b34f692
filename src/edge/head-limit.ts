/**
 * The limit for the head of a request: the request line, with its query, and all headers. uWebSockets.js reads it from
 * the environment once, when it is loaded, with a default of 4 KiB; a site's cookies, or a token in the query, take
 * more. So this module has to be imported before that one.
 */
import { env } from 'node:process';

export const headLimitVariable = 'UWS_HTTP_MAX_HEADERS_SIZE';
const usual = 16 * 1024;
const least = 1024;

env[headLimitVariable] ??= String(usual);

/** In bytes; undefined if the operator's value makes no sense. */
export const headLimit = read(env[headLimitVariable]);

function read(text: string): number | undefined {
  return /^\d{4,9}$/.test(text) && Number(text) >= least ? Number(text) : undefined;
}
