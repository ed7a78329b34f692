import { type AddressInfo, createServer } from 'node:net';
import { StartError } from './start-error.ts';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; take another one with --port',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no such host',
};

/** Why listening on an address fails. uWebSockets.js does not tell, so a plain socket tries again. */
export async function listenError(host: string, port: number): Promise<StartError> {
  const found = await probe(host, port);
  return found instanceof StartError
    ? found
    : refused(host, port, 'the port was in use a moment ago; try again, or take another one with --port');
}

/** @returns the port if it is free (if `port` is 0, any free one); otherwise why it cannot be used. */
export function probe(host: string, port: number): Promise<number | StartError> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(refused(host, port, reasons[error.code ?? ''] ?? error.message));
    });
    server.listen({ host, port, exclusive: true }, () => {
      const { port: found } = server.address() as AddressInfo;
      server.close(() => resolve(found));
    });
  });
}

function refused(host: string, port: number, reason: string): StartError {
  return new StartError(`cannot listen on ${host}:${port}: ${reason}`);
}
