import assert from 'node:assert/strict';
import { availableParallelism, platform as system } from 'node:os';
import { describe, test } from 'node:test';
import { chooseEdge, type EdgeChoice, type Platform } from '../../src/broker/choose-edge.ts';
import { StartError } from '../../src/broker/start-error.ts';
import type { Config } from '../../src/config/load.ts';
import { type Native, NativeError } from '../../src/edge/uws/native.ts';

const native = {} as Native;
const absent = new NativeError(new Map([['uWebSockets.js', 'not installed']]));
const unfit = new NativeError(new Map([['uWebSockets.js', 'no binary for this Node']]));
const debian12: Platform = { version: '24.1.0', abi: 137, system: 'linux', processor: 'x64', glibc: '2.36' };

interface Tried {
  readonly choice: EdgeChoice;
  readonly warnings: readonly string[];
}

async function choose(
  config: Partial<Config>,
  found: Native | NativeError,
  here: Partial<Platform> = {},
): Promise<Tried> {
  const warnings: string[] = [];
  const choice = await chooseEdge(
    { edge: 'auto', edges: 1, proxyProtocol: false, ...config },
    { warn: (message) => warnings.push(message) },
    async () => {
      if (found instanceof NativeError) throw found;
      return found;
    },
    () => ({ ...debian12, ...here }),
  );
  return { choice, warnings };
}

describe('where uWebSockets.js loads', () => {
  test('it carries the connections, in as many processes as there are to be', async () => {
    for (const edge of ['auto', 'uws'] as const) {
      assert.deepEqual(await choose({ edge }, native), { choice: { native, count: 1 }, warnings: [] });
      assert.deepEqual((await choose({ edge, edges: 3 }, native)).choice, { native, count: 3 });
    }
    const { choice } = await choose({ edges: 'auto' }, native);
    assert.equal(choice.count, system() === 'linux' ? availableParallelism() : 1);
  });

  test('it does not if another one is asked for', async () => {
    const portable = { native: undefined, count: 1 };
    for (const edges of [1, 'auto'] as const) {
      const tried = await choose({ edge: 'portable', edges }, native);
      assert.deepEqual(tried, { choice: portable, warnings: [] });
    }
    await assert.rejects(choose({ edge: 'portable', edges: 2 }, native), new StartError('--edges needs --edge uws'));
    await assert.rejects(
      choose({ edge: 'portable', proxyProtocol: true }, native),
      new StartError('--proxy-protocol needs --edge uws'),
    );
  });
});

describe('where it does not', () => {
  test('the portable edge does, and one line says why, and what can be done', async () => {
    const { choice, warnings } = await choose({ edges: 'auto' }, unfit);
    assert.deepEqual(choice, { native: undefined, count: 1 });
    assert.deepEqual(warnings, [
      'the portable edge serves, which is slower: uWebSockets.js does not load here (Node 24.1.0, ABI 137, linux x64, glibc 2.36: uWebSockets.js: no binary for this Node); Node 22 on glibc has it, and so has the image: see docs/platforms.md',
    ]);
  });

  const ways: Record<string, { found: NativeError; here: Partial<Platform>; way: RegExp }> = {
    'Node 22, not installed': { found: absent, here: { abi: 127 }, way: /npm ci installs it$/ },
    'Node 22, and it does not load': { found: unfit, here: { abi: 127 }, way: /see docs\/platforms\.md$/ },
    'Node 24 and a new glibc': {
      found: absent,
      here: { glibc: '2.41' },
      way: /npm install --no-save @btc-vision\/uwebsockets\.js@20\.56\.0 installs it$/,
    },
    'Node 24 and an old glibc': { found: absent, here: {}, way: /see docs\/platforms\.md$/ },
    'Node 24 on a Mac': {
      found: absent,
      here: { system: 'darwin', processor: 'arm64', glibc: undefined },
      way: /@20\.56\.0 installs it$/,
    },
    'Node 22 on Alpine': {
      found: absent,
      here: { abi: 127, glibc: undefined },
      way: /no glibc.*see docs\/platforms\.md$/,
    },
    'Node 24 on RISC-V': {
      found: absent,
      here: { processor: 'riscv64', glibc: '2.41' },
      way: /see docs\/platforms\.md$/,
    },
    'Node 26': { found: unfit, here: { abi: 147, glibc: '2.41' }, way: /see docs\/platforms\.md$/ },
  };
  for (const [name, { found, here, way }] of Object.entries(ways)) {
    test(`the way out: ${name}`, async () => {
      const [warning = ''] = (await choose({}, found, here)).warnings;
      assert.match(warning, way);
      await assert.rejects(choose({ edge: 'uws' }, found, here), StartError);
    });
  }
});
