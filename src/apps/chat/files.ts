/** Received bytes, and files of this machine. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { FileNote } from './entries.ts';
import { fileTypeOf, mimeOf } from './mime.ts';
import { byteCount } from './words.ts';

/** How much received data is kept for `/save`, in bytes. */
const kept = 64 * 1024 * 1024;

/** No server takes a longer frame, in bytes. */
const largest = 4 * 1024 * 1024;

/** Reading or writing a file failed; the message is for the person. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** Received bytes by number. If there are too many, the oldest go. */
export class Received {
  readonly #files = new Map<number, Uint8Array>();
  #last = 0;
  #size = 0;

  add(body: Uint8Array, mime: string | undefined): FileNote {
    this.#last += 1;
    this.#files.set(this.#last, body);
    this.#size += body.length;
    for (const [number, { length }] of this.#files) {
      if (this.#size <= kept || number === this.#last) break;
      this.#files.delete(number);
      this.#size -= length;
    }
    return { number: this.#last, size: body.length, ...fileTypeOf(mime) };
  }

  /** @throws FileError */
  save(number: number, path: string, force: boolean): number {
    const file = this.#files.get(number);
    if (!file) {
      throw new FileError(
        number >= 1 && number <= this.#last
          ? `number ${number} is no longer kept`
          : `nothing came with the number ${number}`,
      );
    }
    try {
      writeFileSync(atHome(path), file, { flag: force ? 'w' : 'wx' });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST')
        throw new FileError(`${path} is there already; /save ${number} ${path} --force replaces it`);
      throw new FileError(`cannot write ${path} (${message})`);
    }
    return file.length;
  }
}

export interface Outgoing {
  readonly body: Uint8Array;
  readonly mime: string;
}

/** @throws FileError if it cannot be read, or is longer than any server takes. */
export function readFile(path: string): Outgoing {
  try {
    const { size } = statSync(atHome(path));
    if (size > largest) {
      throw new FileError(`${path} has ${byteCount(size)}: a server takes ${byteCount(largest)} at most`);
    }
    return { body: new Uint8Array(readFileSync(atHome(path))), mime: mimeOf(basename(path)) };
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(`cannot read ${path} (${(error as Error).message})`);
  }
}

/** The names in a directory, for completion. */
export function filesIn(directory: string): string[] {
  try {
    const entries = readdirSync(atHome(directory) || '.', { withFileTypes: true });
    return entries.map((entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`);
  } catch {
    return [];
  }
}

function atHome(path: string): string {
  return /^~(?=\/|$)/.test(path) ? join(homedir(), path.slice(1)) : path;
}
