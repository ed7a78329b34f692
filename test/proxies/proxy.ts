/** Real proxies, with the configurations of the documents. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { haproxy, nginx } from '../kit/packages.ts';

/** The blocks of a document in this language, in order. */
export function blocks(document: string, language: 'nginx' | 'haproxy'): string[] {
  const text = readFileSync(new URL(`../../docs/${document}`, import.meta.url), 'utf8');
  return Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms')), ([, block = '']) => block);
}

/** A proxy that listens on a port of its own. `await using` ends it. */
export class ProxyServer implements AsyncDisposable {
  readonly port: number;
  readonly directory: string;
  readonly #process: ChildProcess;
  #errors = '';

  private constructor(port: number, directory: string, command: string, args: readonly string[]) {
    this.port = port;
    this.directory = directory;
    this.#process = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  /** @param block of a document: what stands in `http`, with the ports of an example. */
  static async nginx(block: string, server: number): Promise<ProxyServer> {
    const { port, directory } = await place();
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${directory}/${name};`,
    );
    const file = join(directory, 'nginx.conf');
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${directory}/pid; error_log stderr warn; events {}
       http { access_log off; ${temporary.join(' ')} ${withPorts(block, port, server)} }`,
    );
    return await new ProxyServer(port, directory, nginx.file, ['-p', directory, '-e', 'stderr', '-c', file]).#started();
  }

  /** @param block of a document, with the ports of an example. */
  static async haproxy(block: string, server: number): Promise<ProxyServer> {
    const { port, directory } = await place();
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(file, `global\n  stats socket ${directory}/stats level admin\n${withPorts(block, port, server)}`);
    return await new ProxyServer(port, directory, haproxy.file, ['-db', '-f', file]).#started();
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async #started(): Promise<this> {
    for (const end = performance.now() + 20_000; !(await this.#answers()); await wait(20)) {
      assert.equal(this.#process.exitCode, null, this.#errors);
      assert.ok(performance.now() < end, `the proxy does not answer: ${this.#errors}`);
    }
    return this;
  }

  async #answers(): Promise<boolean> {
    try {
      await fetch(this.http);
      return true;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
    rmSync(this.directory, { recursive: true });
  }
}

/** Looks for a free port: the proxies cannot report one that the system has chosen. */
async function place(): Promise<{ port: number; directory: string }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return { port, directory: mkdtempSync(join(tmpdir(), 'hubbub-proxy-')) };
}

function withPorts(block: string, port: number, server: number): string {
  const listening = block.replace(/\b(listen |bind :)80\b/g, (_, how: string) =>
    how === 'listen ' ? `listen 127.0.0.1:${port}` : `bind 127.0.0.1:${port}`,
  );
  assert.notEqual(listening, block);
  return listening.replaceAll('127.0.0.1:8080', `127.0.0.1:${server}`);
}
