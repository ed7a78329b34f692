/** Which edge carries the connections, and in how many processes. */
import { availableParallelism } from 'node:os';
import { arch, platform, report, versions } from 'node:process';
import type { Config } from '../config/load.ts';
import { loadNative, type Native, NativeError } from '../edge/uws/native.ts';
import type { Logger } from '../observe/logger.ts';
import { StartError } from './start-error.ts';

export interface EdgeChoice {
  /** undefined: the portable edge is to be used. */
  readonly native: Native | undefined;
  /** How many edges there are; a single one is in this process. */
  readonly count: number;
}

/** The properties that a native binary depends on. */
export interface Platform {
  /** Of Node. */
  readonly version: string;
  /** NODE_MODULE_VERSION: with which versions of Node it shares native parts. */
  readonly abi: number;
  readonly system: string;
  readonly processor: string;
  /** The version of glibc; undefined where there is another C library. */
  readonly glibc: string | undefined;
}

/** The package for Node 24 and 25, which is not a dependency: it weighs 40 MB. */
export const laterPackage = '@btc-vision/uwebsockets.js@20.56.0';

/** The platforms that a package has binaries for. */
interface Binaries {
  readonly abis: readonly number[];
  readonly processors: readonly string[];
  /** The oldest glibc, on Linux. */
  readonly glibc: string;
}

const ofDependency: Binaries = { abis: [115, 127], processors: ['x64', 'arm64', 'arm'], glibc: '2.27' };
const ofLaterPackage: Binaries = { abis: [115, 127, 137, 141], processors: ['x64', 'arm64'], glibc: '2.38' };

/**
 * @throws StartError if what the configuration asks for does not run here.
 */
export async function chooseEdge(
  { edge, edges, proxyProtocol }: Pick<Config, 'edge' | 'edges' | 'proxyProtocol'>,
  logger: Pick<Logger, 'warn'>,
  load: () => Promise<Native> = loadNative,
  here: () => Platform = thisPlatform,
): Promise<EdgeChoice> {
  const native = edge === 'portable' ? undefined : await tryNative(load);
  if (native && !(native instanceof NativeError)) return { native, count: edges === 'auto' ? affordable() : edges };

  const why = native && explain(native, here());
  if (edge === 'uws') throw new StartError(`--edge uws: ${why}; or leave it to --edge auto`);
  // Nothing but the native edge reads that header, or shares a port on every version of Node.
  const missing = proxyProtocol ? '--proxy-protocol' : typeof edges === 'number' && edges > 1 ? '--edges' : undefined;
  if (missing !== undefined)
    throw new StartError(`${missing} needs --edge uws${why === undefined ? '' : `, and ${why}`}`);
  if (why !== undefined) logger.warn(`the portable edge serves, which is slower: ${why}`);
  return { native: undefined, count: 1 };
}

async function tryNative(load: () => Promise<Native>): Promise<Native | NativeError> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof NativeError) return error;
    throw error;
  }
}

/** Other systems give all connections of a shared port to one process. */
function affordable(): number {
  return platform === 'linux' ? availableParallelism() : 1;
}

/** Why the native edge does not load, and what the operator can do about it. */
function explain({ message, isInstalled }: NativeError, platform: Platform): string {
  const { version, abi, system, processor, glibc } = platform;
  const library = glibc === undefined ? (system === 'linux' ? ', no glibc' : '') : `, glibc ${glibc}`;
  const where = `Node ${version}, ABI ${abi}, ${system} ${processor}${library}`;
  return `uWebSockets.js does not load here (${where}: ${message}); ${wayOut(isInstalled, platform)}`;
}

function wayOut(isInstalled: boolean, platform: Platform): string {
  if (!isInstalled && fits(ofDependency, platform)) return 'npm ci installs it';
  if (fits(ofLaterPackage, platform)) return `npm install --no-save ${laterPackage} installs it`;
  return 'Node 22 on glibc has it, and so has the image: see docs/platforms.md';
}

function fits(binaries: Binaries, { abi, system, processor, glibc }: Platform): boolean {
  const hasLibrary = system !== 'linux' || (glibc !== undefined && isAtLeast(glibc, binaries.glibc));
  return hasLibrary && binaries.abis.includes(abi) && binaries.processors.includes(processor);
}

/** Of versions such as 2.36. */
function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function thisPlatform(): Platform {
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return {
    version: versions.node,
    abi: Number(versions.modules),
    system: platform,
    processor: arch,
    glibc: header?.glibcVersionRuntime,
  };
}
