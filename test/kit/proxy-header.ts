import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** The header of the PROXY protocol, version 2, for a connection over TCP from this address. */
export function proxyHeader(source: string, more: Uint8Array = new Uint8Array()): Buffer {
  const bytes = Buffer.from(ipaddr.parse(source).toByteArray());
  const family = isIPv6(source) ? 0x21 : 0x11;
  // Source, destination, and the port of each.
  const addresses = Buffer.concat([bytes, bytes, Buffer.from([0x12, 0x34, 0x1f, 0x90]), more]);
  return Buffer.concat([signature, Buffer.from([0x21, family, 0, addresses.length]), addresses]);
}

/** The same for a connection of the proxy itself, such as a health check. */
export const localProxyHeader = Buffer.concat([signature, Buffer.from([0x20, 0, 0, 0])]);
