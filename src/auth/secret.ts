import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const length = 32;

/** @returns a secret for as long as the process lives. */
export function newSecret(): Buffer {
  return randomBytes(length);
}

/**
 * The secret that is kept in a directory, so that tickets stay valid after a restart; made if there is none. Only one
 * process at a time may call it.
 * @throws Error if it cannot be read or written.
 */
export function keptSecret(directory: string): Buffer {
  const path = join(directory, 'ticket-secret');
  const found = read(path);
  if (found) return found;
  const secret = newSecret();
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, secret.toString('base64url'), { mode: 0o600 });
  renameSync(unfinished, path);
  return secret;
}

/** undefined if there is none. */
function read(path: string): Buffer | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const secret = Buffer.from(text.trim(), 'base64url');
  if (secret.length < length) throw new Error(`there is no secret in ${path}; remove it to have a new one made`);
  return secret;
}
