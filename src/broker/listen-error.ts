import { type AddressInfo, createServer } from 'node:net';
import { StartError } from './start-error.ts';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no such host',
};

/** Why an address cannot be listened on. uWebSockets.js does not tell, so it is tried again with a socket that does. */
export async function listenError(host: string, port: number): Promise<StartError> {
  const found = await probe(host, port);
  return found instanceof StartError ? found : refused(host, port, 'the port was in use a moment ago');
}

/** @returns the port, which is another than `port` if that is 0, if nobody else listens on it; else why it cannot be had. */
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
