/** The address of a client, also behind proxies, and the key under which its limits are counted. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The trusted proxies: their number in a row, or their networks, such as `10.0.0.0/8`. */
export type TrustedProxies = number | readonly string[];

/** Finds the address of a client. */
export type ClientAddresses = (
  /** The other end of the connection. */
  peer: string,
  /** The X-Forwarded-For lines of the request, in order. */
  forwarded: readonly string[],
) => string;

/**
 * Each proxy appends the address that it saw: so the list is read from the right, and everything beyond the last
 * trusted proxy is a mere claim. An entry that is not an address ends the walk as well.
 *
 * @throws if a network is invalid.
 */
export function clientAddresses(trusted: TrustedProxies): ClientAddresses {
  const isProxy = typeof trusted === 'number' ? (_: string, hop: number) => hop < trusted : isWithin(trusted);
  return (peer, forwarded) => {
    const claims = forwarded.flatMap((line) => line.split(','));
    let address = normalAddress(peer) ?? peer;
    for (let hop = 0; isProxy(address, hop); hop += 1) {
      const before = claimedAddress(claims.pop() ?? '');
      if (before === undefined) break;
      address = before;
    }
    return address;
  };
}

/** The key for limits per address. A client with one IPv6 address has a whole /64. */
export function limitKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const { parts } = ipaddr.IPv6.parse(address);
  return `${new ipaddr.IPv6([...parts.slice(0, 4), 0, 0, 0, 0]).toRFC5952String()}/64`;
}

/** Whether an address, in the form of `clientAddresses`, is a loopback address. */
export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.parse(address).range() === 'loopback';
}

/**
 * The canonical form of an address: RFC 5952, without a zone; an IPv4-mapped IPv6 address becomes IPv4.
 * @returns undefined if the text is not an address.
 */
export function normalAddress(text: string): string | undefined {
  return parse(text)?.toString();
}

/** An address in a form that proxies use: also `address:port`, `[address]` and `[address]:port`. */
function claimedAddress(entry: string): string | undefined {
  const text = entry.trim();
  const [, bracketed, bare] = /^\[(.*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(text) ?? [];
  return normalAddress(bracketed ?? bare ?? text);
}

/** Stricter than ipaddr.js: 127.1 and 010.0.0.1 are different addresses to different programs. */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return isIP(text) === 0 ? undefined : ipaddr.process(text.replace(/%.*/, ''));
}

function isWithin(networks: readonly string[]): (address: string) => boolean {
  const ranges = networks.map((network) => ipaddr.parseCIDR(network));
  return (text) => {
    const address = parse(text);
    return ranges.some(([base, bits]) => address?.kind() === base.kind() && address.match(base, bits));
  };
}
