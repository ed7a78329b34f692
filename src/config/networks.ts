import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * An address or a network, such as `::1` or `10.0.0.0/8`, as an address followed by the length of a prefix.
 * @returns undefined if the text is neither.
 */
export function parseNetwork(text: string): string | undefined {
  const [, base = '', length] = /^([^/%]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  // ipaddr.js alone takes 127.1 and 010.0.0.1 as well, which are different addresses to different programs.
  if (isIP(base) === 0) return undefined;
  const address = ipaddr.process(base);
  const longest = address.kind() === 'ipv4' ? 32 : 128;
  // A network of IPv4 that is written as one of IPv6 has the longer prefix.
  const mapped = longest === 32 && isIP(base) === 6 ? 96 : 0;
  const bits = length === undefined ? longest : Number(length) - mapped;
  return bits >= 0 && bits <= longest ? `${address}/${bits}` : undefined;
}
