import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faketime } from './packages.ts';

/** The wall clock of a program that is started with this environment. Other clocks are not affected. */
export class WallClock implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'hubbub-clock-'));
  readonly #file = join(this.#directory, 'offset');

  constructor() {
    this.set('+0');
  }

  get env(): Record<string, string> {
    return {
      LD_PRELOAD: faketime.file,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** @param offset from the true time: `+40d`, `-1h`, `+0`. */
  set(offset: string): void {
    // Replaced atomically: the program may read it at any time.
    writeFileSync(`${this.#file}.new`, offset);
    renameSync(`${this.#file}.new`, this.#file);
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}
