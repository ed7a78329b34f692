#!/usr/bin/env node
/**
 * The command: reads its configuration, starts the server, and stops it at a signal; or hands over to one of the tools.
 * The only user of `process`, except for `edge-process.ts`.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './apps/command.ts';
import type { StartServer } from './apps/demo/run.ts';
import type { Broker } from './broker/broker.ts';
import type { ProcessLimits } from './broker/capacity.ts';
import { machineClocks } from './broker/clock-watch.ts';
import { Reload, tellCertificate } from './broker/reload.ts';
import { StartError } from './broker/start-error.ts';
import { help } from './config/help.ts';
import { type Config, ConfigError, loadConfig } from './config/load.ts';
import { CertificateError, certificate, localNames } from './edge/certificate.ts';
import type { Program } from './edge/remote/link.ts';
import { createClient } from './http/client.ts';
import type { StaticFile } from './http/files.ts';
import { createPages } from './http/pages.ts';
import { LogError } from './log/error.ts';
import { createLogger, type Logger } from './observe/logger.ts';
import { PolicyError } from './policy/error.ts';

const root = new URL('../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };

const day = 24 * 60 * 60 * 1000;

/** Exit codes: 0 stopped as requested, 1 a defect, 2 the operator has to change something. */
const exitCodes = { stopped: 0, defect: 1, operator: 2 };

async function main(args: readonly string[]): Promise<void> {
  const tool = await toolOf(args[0]);
  if (tool) return process.exit(await tool(args.slice(1)));
  if (args.includes('--help') || args.includes('-h')) return print(help());
  if (args.includes('--version')) return print(`hubbub ${version}\n`);
  const whenHungUp = heedHangUps();
  const readConfig = () => loadConfig(args, process.env, (path) => readFileSync(path, 'utf8'));
  const config = readConfig();
  const { stdin, stdout } = process;
  const logger = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    stream: stdout,
    isTTY: stdout.isTTY ?? false,
  });
  process.on('uncaughtException', (error, origin) => {
    logger.error('the server met a defect and stops', { error, origin });
    process.exit(exitCodes.defect);
  });
  const tls = config.tls ? await readCertificate(config, Date.now()) : undefined;
  if (tls) tellCertificate(tls, logger);
  const pages = readPages();
  // Stack traces in the log name the lines of the sources.
  process.setSourceMapsEnabled(true);
  // Here, so that nothing else loads a native part.
  const { startBroker } = await import('./broker/broker.ts');
  const broker = await startBroker({
    config,
    logger,
    server: { name: 'hubbub', version },
    tls,
    edgeProgram: edgeProgram(),
    meters: process,
    clocks: machineClocks,
    limits: processLimits(),
    pages,
    schemas: readSchemas(),
    user: process.geteuid?.(),
  });
  // First: a program that waits for the line may send a signal at once.
  const stop = stopAtSignal(broker, config, logger);
  process.on('SIGUSR2', () => broker.trustClock());
  const reload = new Reload({ config, certificate: tls, broker, logger, readConfig, readCertificate });
  const isInTerminal = stdin.isTTY || stdout.isTTY;
  whenHungUp(() => (isInTerminal ? stop('SIGHUP') : void reload.configuration()));
  if (tls) setInterval(() => void reload.certificate(), day).unref();
  print(`${summary(config, broker.port, pages.has('/'))}\n`);
}

/**
 * Node raised the soft limit of open files to the hard one when it started. Call this before there are connections: a
 * report looks up their host names.
 */
function processLimits(): ProcessLimits {
  const { userLimits = {} } = process.report.getReport() as { userLimits?: Record<string, { soft: unknown }> };
  const limit = (name: string) => {
    const soft = userLimits[name]?.soft;
    return typeof soft === 'number' ? soft : undefined;
  };
  // In bytes, although the name may say otherwise.
  const addresses = limit('virtual_memory_bytes') ?? limit('virtual_memory_kbytes');
  return { openFiles: limit('open_files'), addresses };
}

/** Tools are loaded on demand: a server with a low limit of open files could not load them all at once. */
async function toolOf(name: string | undefined): Promise<((args: readonly string[]) => Promise<number>) | undefined> {
  switch (name) {
    case 'log': {
      const { runLog } = await import('./tools/log.ts');
      return (args) => runLog(args, surroundings());
    }
    case 'chat': {
      const { runChat } = await import('./apps/chat/run.ts');
      return (args) => runChat(args, surroundings());
    }
    case 'demo': {
      const { runDemo } = await import('./apps/demo/run.ts');
      return (args) => runDemo(args, surroundings(), startDemoServer);
    }
    default:
      return undefined;
  }
}

/** The part of the process that a tool or an app needs. */
function surroundings() {
  const { env, stdin, stdout, stderr } = process;
  const onEnd = (listener: (signal: NodeJS.Signals) => void) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, listener);
  };
  const typed = () => command({ script: process.argv[1] ?? self, directory: process.cwd(), path: env['PATH'] ?? '' });
  return { program: program(self), env, stdin, stdout, stderr, onEnd, command: typed };
}

const self = fileURLToPath(import.meta.url);

/** The command that runs a file of this program as this one runs. */
function program(file: string): [string, ...string[]] {
  const { execPath, execArgv } = process;
  return [execPath, ...execArgv, file];
}

/** Edge processes get the environment that they need, and no secrets. */
function edgeProgram(): Program {
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('HUBBUB_'));
  const file = join(dirname(self), `edge-process${extname(self)}`);
  return { command: program(file), env: Object.fromEntries(env) };
}

/** The server of the demo. */
const startDemoServer: StartServer = async ({ host, port }) => {
  const { startThrowaway } = await import('./broker/throwaway.ts');
  const { stderr } = process;
  const logger = createLogger({ level: 'error', format: 'auto', stream: stderr, isTTY: stderr.isTTY ?? false });
  const pages = readPages();
  const server = { name: 'hubbub', version };
  const options = {
    logger,
    server,
    edgeProgram: edgeProgram(),
    meters: process,
    clocks: machineClocks,
    limits: processLimits(),
    pages,
    schemas: readSchemas(),
  };
  return { ...(await startThrowaway(['--host', host, '--port', port], options)), hasPages: pages.has('/') };
};

function readCertificate({ data, cert, key }: Config, now: number) {
  const given = { ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
  return certificate({ data, now, hosts: localNames(), ...given });
}

/** The one line at the start for a person. */
function summary({ host, basePath, tls }: Config, port: number, hasPages: boolean): string {
  const secure = tls ? 's' : '';
  const hosts = host === '0.0.0.0' || host === '::' ? ['localhost', ...addresses()] : [host];
  const root = basePath.replace(/\/$/, '');
  const places = hosts.map((name) => `${name.includes(':') ? `[${name}]` : name}:${port}${root}`);
  const urls = places.map((place) => `ws${secure}://${place}`);
  const page = hasPages ? `; to chat, open http${secure}://${places[0]}` : '';
  return `Hubbub ${version} is listening on ${urls.join(', ')} (JSON at /, plain text at /text)${page}`;
}

function addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address);
}

/** How long the log may take to write the rest when the connections are gone, in milliseconds. */
const logTimeout = 2000;

/** @returns a function that stops it for another reason; further calls do nothing. */
function stopAtSignal(broker: Broker, { drainTimeout }: Config, logger: Logger): (signal: string) => void {
  let isStopping = false;
  const stop = (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    logger.info('stopping', { signal, connections: broker.counts().connections });
    const late = new LogError(
      'unsaved',
      'some messages may not have been kept: the disk took too long for the shutdown',
    );
    setTimeout(() => fail(late), drainTimeout + logTimeout).unref();
    broker.stop().then(() => {
      logger.info('stopped');
      process.exit(exitCodes.stopped);
    }, fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  return stop;
}

/**
 * Listens for SIGHUP from the start on: a process that does not listen is ended by it. In a terminal the signal means
 * that the terminal is gone, and shell and system may both send it; elsewhere it means to read the configuration again.
 * @returns a function that sets the reaction, also to a signal that has already arrived.
 */
function heedHangUps(): (then: () => void) => void {
  let heed: (() => void) | undefined;
  let hasCome = false;
  process.on('SIGHUP', () => {
    hasCome = true;
    heed?.();
  });
  return (then) => {
    heed = then;
    if (hasCome) then();
  };
}

function readSchemas(): ReadonlyMap<string, string> {
  const files = readDirectory(new URL('schemas/', root));
  return new Map(Array.from(files, ([path, content]) => [path, content.toString()]));
}

/** The web pages and the client from the build; none if there was no build. */
function readPages(): ReadonlyMap<string, StaticFile> {
  const pages = createPages(readDirectory(new URL('dist/web/', root)));
  return new Map([...pages, ...createClient(readDirectory(new URL('dist/sdk/', root)))]);
}

/** The files in a directory by their path in it; none if it is not there. */
function readDirectory(directory: URL): Map<string, Buffer> {
  if (!existsSync(directory)) return new Map();
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = paths.map((path) => [path.replaceAll('\\', '/'), new URL(path, directory)] as const);
  const isFile = ([, url]: (typeof files)[number]) => statSync(url).isFile();
  return new Map(files.filter(isFile).map(([path, url]) => [path, readFileSync(url)]));
}

function print(text: string): void {
  process.stdout.write(text);
}

/** Errors that the operator can fix; their messages are one line. */
const operatorErrors = [ConfigError, PolicyError, StartError, CertificateError, LogError];

function fail(error: unknown): void {
  if (error instanceof Error && operatorErrors.some((one) => error instanceof one)) {
    process.stderr.write(`hubbub: ${error.message}\n`);
    process.exit(exitCodes.operator);
  }
  // A defect before there is a log: Node prints it and exits with code 1.
  throw error;
}

// The reader of the log may go away (`hubbub | head`); the server stays.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
main(process.argv.slice(2)).catch(fail);
