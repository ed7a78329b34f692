/** Tickets are kept between runs, so that the same person comes back as the same user. Each is a credential. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Remembered {
  readonly ticket: string;
  /** The last name of the user. */
  readonly called: string;
}

/** The ticket for one server and one name. */
export interface Memory {
  read(): Remembered | undefined;
  /** A failure to write is ignored: the ticket is not remembered then. */
  write(remembered: Remembered): void;
}

export const noMemory: Memory = { read: () => undefined, write: () => undefined };

/** @param name as on the command line; undefined if none was given. */
export function ticketFile(
  env: Readonly<Record<string, string | undefined>>,
  url: URL,
  name: string | undefined,
): Memory {
  const directory = join(env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state'), 'hubbub');
  const server = url.origin + url.pathname;
  const hash = createHash('sha256')
    .update(JSON.stringify([server, name ?? null]))
    .digest('hex');
  const file = join(directory, `ticket-${hash.slice(0, 32)}.json`);
  return {
    read() {
      try {
        const { ticket, called } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Remembered>;
        return typeof ticket === 'string' && typeof called === 'string' ? { ticket, called } : undefined;
      } catch {
        return undefined;
      }
    },
    write({ ticket, called }) {
      // Another chat may be writing the same file: the last one wins, and nobody reads half a file.
      const draft = `${file}.${randomBytes(6).toString('hex')}`;
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        writeFileSync(draft, `${JSON.stringify({ server, ticket, called })}\n`, { mode: 0o600 });
        renameSync(draft, file);
      } catch {
        rmSync(draft, { force: true });
      }
    },
  };
}
