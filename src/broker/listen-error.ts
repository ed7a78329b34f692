import { createServer } from 'node:net';
import { StartError } from './start-error.ts';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no such host',
};

/** Why an address cannot be listened on. uWebSockets.js does not tell, so it is tried again with a socket that does. */
export function listenError(host: string, port: number): Promise<StartError> {
  const failed = (reason: string) => new StartError(`cannot listen on ${host}:${port}: ${reason}`);
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(failed(reasons[error.code ?? ''] ?? error.message));
    });
    probe.listen({ host, port, exclusive: true }, () => {
      probe.close(() => resolve(failed('the port was in use a moment ago')));
    });
  });
}
