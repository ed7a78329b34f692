import { randomBytes } from 'node:crypto';
import type { Address } from './address.ts';

/** The head of a request for a WebSocket (RFC 6455, section 4.1). */
export function upgradeRequest({ host, port }: Address, target: string): string {
  const lines = [
    `GET ${target} HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
