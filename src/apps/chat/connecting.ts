/** The hub of a person in a terminal. */
import { readFileSync } from 'node:fs';
import { connect, type Hub } from '../../client/connect.ts';
import { UsageError } from '../surroundings.ts';
import type { Options } from './options.ts';
import { socketWith } from './socket.ts';
import { type Memory, noMemory, ticketFile } from './tickets.ts';

/** @throws UsageError if the file of `--ca` cannot be read. */
export function connectAs(options: Options, env: Readonly<Record<string, string | undefined>>): Hub {
  const memory = options.remember ? ticketFile(env, options.url, options.name) : noMemory;
  const remembered = memory.read();
  const { ca, fingerprint, insecure } = options;
  const hub = connect(options.url.href, {
    name: options.name ?? remembered?.called,
    token: options.token ?? remembered?.ticket,
    WebSocket: socketWith({ ca: ca === undefined ? undefined : readCertificates(ca), fingerprint, insecure }),
  });
  keepTicket(hub, memory);
  return hub;
}

function keepTicket(hub: Hub, memory: Memory): void {
  const keep = () => {
    const { ticket, user } = hub;
    if (ticket !== undefined && user) memory.write({ ticket, called: user.name });
  };
  hub.on('user', keep);
  hub.on('state', ({ state }) => {
    if (state === 'online') keep();
  });
}

function readCertificates(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`cannot read --ca ${file} (${(error as Error).message})`);
  }
}
