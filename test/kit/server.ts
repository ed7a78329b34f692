import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startBroker } from '../../src/broker/broker.ts';
import { type MachineClocks, machineClocks } from '../../src/broker/clock-watch.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import type { Program } from '../../src/edge/remote/link.ts';
import { loadNative } from '../../src/edge/uws/native.ts';
import type { StaticFile } from '../../src/http/files.ts';
import type { Meters } from '../../src/observe/figures.ts';
import type { Fields, Logger } from '../../src/observe/logger.ts';

const schemasDirectory = new URL('../../schemas/', import.meta.url);

/** The files under `schemas/`, as the server gets them. */
export const schemas: ReadonlyMap<string, string> = new Map(
  readdirSync(schemasDirectory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => [path, readFileSync(new URL(path, schemasDirectory), 'utf8')]),
);

/** The program from `npm run build`. */
const edgeProgram: Program = {
  command: [process.execPath, new URL('../../dist/edge-process.js', import.meta.url).pathname],
  env: { PATH: process.env['PATH'] },
};

/** How many edges the servers of the tests have, unless a test wants a number of its own. */
const edges = Number(process.env['TEST_EDGE_PROCESSES'] ?? 1);

const hasNative = await loadNative().then(
  () => true,
  () => false,
);

/** What carries their connections: the native edge, where it runs. */
export const edge = edgeOf(process.env['TEST_EDGE']) ?? (hasNative ? 'uws' : 'portable');

/** For tests of what no other edge can do. */
export const onlyNative = { skip: hasNative ? false : 'the native edge does not run here' };

function edgeOf(text: string | undefined): 'uws' | 'portable' | undefined {
  if (text === undefined || text === 'uws' || text === 'portable') return text;
  throw new Error(`TEST_EDGE must be uws or portable, not ${text}`);
}

/** A server in this process, on a free port of 127.0.0.1. `await using` stops it, and fails if it logged an error. */
export interface TestServer extends AsyncDisposable {
  readonly broker: Broker;
  readonly port: number;
  /** `ws://127.0.0.1:<port>` */
  readonly url: string;
  /** `http://127.0.0.1:<port>` */
  readonly http: string;
  /** Records at the levels warn and error. To expect one, remove it. */
  readonly problems: { message: string; fields: Fields | undefined }[];
}

export type TestOptions = Partial<Config> & {
  tlsFiles?: { certFile: string; keyFile: string };
  pages?: ReadonlyMap<string, StaticFile>;
  clocks?: MachineClocks;
  meters?: Meters;
  openFiles?: number;
};

/**
 * Every outgoing frame is validated, there is no rate limit unless one is given, and the log is in a directory that is
 * removed at the end.
 */
export async function startServer({
  tlsFiles,
  pages = new Map(),
  clocks = machineClocks,
  meters = process,
  openFiles,
  ...overrides
}: TestOptions = {}): Promise<TestServer> {
  const defaults = loadConfig(['--rate', 'off', '--rate-bytes', 'off', '--http-rate', 'off'], {}, () => '');
  const directory = overrides.data === undefined ? mkdtempSync(join(tmpdir(), 'hubbub-test-')) : undefined;
  const config: Config = {
    ...defaults,
    ...(directory !== undefined && { data: directory }),
    host: '127.0.0.1',
    port: 0,
    drainTimeout: 1000,
    maxConnectionsPerAddress: 0,
    // Small enough for every disk.
    logLimit: 2 ** 30,
    checkFrames: true,
    edges,
    edge: Number(overrides.edges ?? edges) > 1 || overrides.proxyProtocol ? 'uws' : edge,
    ...overrides,
  };
  const problems: TestServer['problems'] = [];
  const ignore = () => undefined;
  const keep = (message: string, fields?: Fields) => problems.push({ message, fields });
  const logger: Logger = { trace: ignore, debug: ignore, info: ignore, warn: keep, error: keep };
  const server = { name: 'hubbub', version: '0.0.0-test' };
  const start = config.edges === 1 ? startBroker : startInTurn;
  const broker = await start({
    config,
    logger,
    server,
    tls: tlsFiles,
    edgeProgram,
    meters,
    limits: { openFiles, addresses: undefined },
    clocks,
    pages,
    schemas,
  });
  const authority = `127.0.0.1:${broker.port}`;
  return {
    broker,
    port: broker.port,
    url: `${tlsFiles ? 'wss' : 'ws'}://${authority}`,
    http: `${tlsFiles ? 'https' : 'http'}://${authority}`,
    problems,
    async [Symbol.asyncDispose]() {
      await broker.stop();
      if (directory !== undefined) rmSync(directory, { recursive: true });
      assert.deepEqual(problems, []);
    },
  };
}

let latest: Promise<unknown> = Promise.resolve();

/** Starts servers one after the other: dozens of edge processes that start together would hold up each other, and the tests. */
function startInTurn(options: Parameters<typeof startBroker>[0]): Promise<Broker> {
  const start = () => startBroker(options);
  const broker = latest.then(start, start);
  latest = broker;
  return broker;
}

/** Waits until `condition` holds; checks it after every turn of the loop in which something happened. */
export async function until(condition: () => boolean, what: string, timeout = 30_000): Promise<void> {
  const end = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`in ${timeout} ms it did not come about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
