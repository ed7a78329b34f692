import { once } from 'node:events';
import { connect } from 'node:tls';

/**
 * The fingerprint of the certificate that a client is shown.
 * @param servername is told in the handshake (RFC 6066, section 3), as most clients do; those of an address do not.
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

/** Waits until it is shown by all edges: so often that hardly one of them was not asked. */
export async function untilShown(port: number, fingerprint: string): Promise<void> {
  const end = performance.now() + 30_000;
  for (let inTurn = 0; inTurn < 10; ) {
    inTurn = (await shown(port)) === fingerprint ? inTurn + 1 : 0;
    if (performance.now() > end) throw new Error(`the certificate ${fingerprint} is not shown`);
  }
}
