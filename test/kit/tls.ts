import { once } from 'node:events';
import { connect } from 'node:tls';

/**
 * The fingerprint of the certificate that a client gets.
 * @param servername is sent in the handshake (RFC 6066, section 3), as by most clients; not for an address.
 */
export async function shown(port: number, servername?: string): Promise<string> {
  const options = { port, host: '127.0.0.1', rejectUnauthorized: false };
  const socket = connect(servername === undefined ? options : { ...options, servername });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

/** Waits until all edges present it: enough connections in a row that probably each edge had one. */
export async function untilShown(port: number, fingerprint: string): Promise<void> {
  const end = performance.now() + 30_000;
  for (let inTurn = 0; inTurn < 10; ) {
    inTurn = (await shown(port)) === fingerprint ? inTurn + 1 : 0;
    if (performance.now() > end) throw new Error(`the certificate ${fingerprint} is not shown`);
  }
}
