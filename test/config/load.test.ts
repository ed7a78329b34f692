import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Config, ConfigError, loadConfig } from '../../src/config/load.ts';

interface Given {
  readonly args?: readonly string[];
  readonly env?: Record<string, string | undefined>;
  /** The content of `config.json`; anything but a text is written as JSON. */
  readonly file?: unknown;
}

function load({ args = [], env = {}, file }: Given): Config {
  if (file === undefined) return loadConfig(args, env, () => assert.fail('no file was asked for'));
  return loadConfig(['--config', 'config.json', ...args], env, (path) => {
    assert.equal(path, 'config.json');
    return typeof file === 'string' ? file : JSON.stringify(file);
  });
}

function messageOf(given: Given): string {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  return assert.fail('there was no error');
}

function fails(name: string, given: Given, message: string): void {
  test(`error: ${name}`, () => assert.equal(messageOf(given), message));
}

const secret = 'correct horse battery staple';

test('defaults', () => {
  assert.deepEqual(load({}), {
    host: '0.0.0.0',
    port: 8080,
    basePath: '/',
    tls: false,
    data: './data',
    log: 'lmdb',
    durability: 'process',
    fanout: 'at-once',
    logLimit: 10_737_418_240,
    idWindowTime: 600_000,
    idWindowCount: 1000,
    autoJoin: ['lobby'],
    rooms: [],
    maxFrame: 65_536,
    maxConnections: 'auto',
    maxConnectionsPerAddress: 1000,
    edges: 1,
    edge: 'auto',
    trustProxy: 0,
    proxyProtocol: false,
    rate: { perSecond: 100, burst: 500 },
    rateBytes: { perSecond: 1_048_576, burst: 4_194_304 },
    httpRate: { perSecond: 100, burst: 1000 },
    maxRooms: 100,
    maxOpenRooms: 50_000,
    buffer: 1_048_576,
    signalBuffer: 65_536,
    idleTimeout: 60_000,
    grace: 10_000,
    presenceLimit: 100,
    drainTimeout: 5000,
    broadcast: true,
    logLevel: 'info',
    logFormat: 'auto',
    checkFrames: false,
  });
});

test('flags go before the environment, that before the file, that before the default', () => {
  const file = { port: 1, host: 'file', maxRooms: 1 };
  const env = { HUBBUB_PORT: '2', HUBBUB_HOST: 'env' };
  const config = load({ args: ['--port', '3'], env, file });
  assert.equal(config.port, 3);
  assert.equal(config.host, 'env');
  assert.equal(config.maxRooms, 1);
  assert.equal(config.maxConnections, 'auto');
});

test('a flag takes its value behind = or as the next argument, and the last one counts', () => {
  assert.equal(load({ args: ['--port', '9000'] }).port, 9000);
  assert.equal(load({ args: ['--port=9000'] }).port, 9000);
  assert.equal(load({ args: ['--port=1', '--port', '2'] }).port, 2);
  assert.equal(load({ args: ['--data=a=b'] }).data, 'a=b');
});

test('booleans are switched by flags, and written out elsewhere', () => {
  assert.equal(load({ args: ['--tls'] }).tls, true);
  assert.equal(load({ args: ['--no-tls'], env: { HUBBUB_TLS: 'true' } }).tls, false);
  assert.equal(load({ args: ['--no-broadcast'] }).broadcast, false);
  assert.equal(load({ env: { HUBBUB_BROADCAST: 'false' } }).broadcast, false);
  assert.equal(load({ env: { HUBBUB_BROADCAST: '0', HUBBUB_TLS: '1' } }).broadcast, false);
  assert.equal(load({ file: { broadcast: false } }).broadcast, false);
});

test('lists are separated by commas in text, and may be empty', () => {
  assert.deepEqual(load({ args: ['--auto-join', 'a, b'] }).autoJoin, ['a', 'b']);
  assert.deepEqual(load({ args: ['--auto-join='] }).autoJoin, []);
  assert.deepEqual(load({ env: { HUBBUB_AUTO_JOIN: '' } }).autoJoin, []);
  assert.deepEqual(load({ file: { autoJoin: ['a', 'b'] } }).autoJoin, ['a', 'b']);
});

test('sizes are texts or, in the file, numbers', () => {
  assert.equal(load({ args: ['--max-frame', '2048'] }).maxFrame, 2048);
  assert.equal(load({ env: { HUBBUB_MAX_FRAME: '2KiB' } }).maxFrame, 2048);
  assert.equal(load({ file: { maxFrame: 2048 } }).maxFrame, 2048);
  assert.equal(load({ file: { maxFrame: '2KiB' } }).maxFrame, 2048);
  assert.equal(load({ args: ['--log-limit', '3000GiB'] }).logLimit, 3_221_225_472_000);
});

test('a rate that is off is undefined', () => {
  const config = load({ args: ['--rate=off'], env: { HUBBUB_RATE_BYTES: 'off' } });
  assert.equal(config.rate, undefined);
  assert.equal(config.rateBytes, undefined);
  assert.ok('rate' in config);
});

test('proxies are none, one, so many, or networks', () => {
  const trusted = (...args: string[]) => load({ args }).trustProxy;
  assert.deepEqual(
    [
      trusted('--trust-proxy'),
      trusted('--trust-proxy', '--tls'),
      trusted('--no-trust-proxy'),
      trusted('--trust-proxy', '2'),
    ],
    [1, 1, 0, 2],
  );
  assert.deepEqual(trusted('--trust-proxy=10.0.0.0/8, ::1'), ['10.0.0.0/8', '::1/128']);
  assert.deepEqual(trusted('--trust-proxy', '10.0.0.1'), ['10.0.0.1/32']);
  assert.deepEqual(
    ['true', '1', 'false', '0', '3'].map((text) => load({ env: { HUBBUB_TRUST_PROXY: text } }).trustProxy),
    [1, 1, 0, 0, 3],
  );
  assert.deepEqual(
    [true, 2, ['fd00::/8']].map((trustProxy) => load({ file: { trustProxy } }).trustProxy),
    [1, 2, ['fd00::/8']],
  );
});

test('limits are inclusive', () => {
  assert.equal(load({ args: ['--port=0'] }).port, 0);
  assert.equal(load({ args: ['--port=65535'] }).port, 65_535);
  assert.equal(load({ args: ['--idle-timeout=8s'] }).idleTimeout, 8000);
  assert.equal(load({ args: ['--idle-timeout=16m'] }).idleTimeout, 960_000);
  assert.equal(load({ args: ['--grace=0s'] }).grace, 0);
  assert.equal(load({ args: ['--log-limit=16MiB'] }).logLimit, 16_777_216);
  assert.equal(load({ args: ['--id-window-time=0s', '--id-window-count=0'] }).idWindowCount, 0);
  assert.equal(load({ args: ['--max-frame=4MiB', '--buffer=4MiB'] }).maxFrame, 4_194_304);
});

test('what has no default is there when it is given', () => {
  const args = ['--tls', '--cert', 'c.pem', '--key', 'k.pem', '--ticket-secret', secret];
  const { cert, key, ticketSecret } = load({ args });
  assert.deepEqual({ cert, key, ticketSecret }, { cert: 'c.pem', key: 'k.pem', ticketSecret: secret });
});

test('the file may be named in the environment, and a flag goes before that', () => {
  const readFile = (path: string) => JSON.stringify({ host: path });
  assert.equal(loadConfig([], { HUBBUB_CONFIG: 'a.json' }, readFile).host, 'a.json');
  assert.equal(loadConfig(['--config=b.json'], { HUBBUB_CONFIG: 'a.json' }, readFile).host, 'b.json');
});

test('what Kubernetes says of a service called hubbub is of no interest', () => {
  const links = { HUBBUB_PORT: 'tcp://10.0.0.1:8080', HUBBUB_PORT_8080_TCP_ADDR: '10.0.0.1', HUBBUB_SERVICE_HOST: 'a' };
  assert.equal(load({ env: links }).port, 8080);
});

test('other environment variables are of no interest', () => {
  assert.equal(load({ env: { PATH: '/bin', PORT: '1', HUBBUB_PORT: undefined } }).port, 8080);
});

const basePath =
  'must be a text of 1 to 256 characters which are a path: slashes, and names of letters, digits and . _ ~ - between them';
for (const path of [
  'chat',
  '',
  'http://chat.example/',
  '//',
  '/a//b',
  '/chat?',
  '/caf%C3%A9',
  '/..',
  '/a/./b',
  '/a b',
]) {
  fails(`base path ${path}`, { args: [`--base-path=${path}`] }, `--base-path ${basePath}, not ${JSON.stringify(path)}`);
}

const port = 'must be an integer from 0 to 65535';
fails('flag, not a number', { args: ['--port', 'abc'] }, `--port ${port}, not "abc"`);
fails('flag, too large', { args: ['--port=65536'] }, `--port ${port}, not 65536`);
fails('flag, negative', { args: ['--port', '-1'] }, `--port ${port}, not -1`);
fails('flag, empty', { args: ['--port='] }, `--port ${port}, not ""`);
fails('variable', { env: { HUBBUB_PORT: '80.5' } }, `HUBBUB_PORT ${port}, not "80.5"`);
fails('file', { file: { port: '80' } }, `config.json: "port" ${port}, not "80"`);
fails('file, null', { file: { port: null } }, `config.json: "port" ${port}, not null`);
fails('integer without maximum', { args: ['--max-rooms=0'] }, '--max-rooms must be an integer of at least 1, not 0');
for (const edges of ['0', '-1', '1.5', 'x', '257', ''])
  fails(
    `edges: ${edges}`,
    { env: { HUBBUB_EDGES: edges } },
    `HUBBUB_EDGES must be an integer from 1 to 256 or auto, not ${/^-?\d+$/.test(edges) ? edges : JSON.stringify(edges)}`,
  );
fails(
  'edges in the file',
  { file: { edges: '2' } },
  'config.json: "edges" must be an integer from 1 to 256 or auto, not "2"',
);
fails(
  'the PROXY protocol of nobody',
  { args: ['--proxy-protocol', '--trust-proxy=0'] },
  '--proxy-protocol needs proxies to believe: name them with --trust-proxy',
);
fails(
  'the PROXY protocol with TLS',
  { file: { proxyProtocol: true, trustProxy: 1, tls: true } },
  'config.json: "proxyProtocol" does not go with TLS: leave out "tls"',
);
const proxies = 'must be true, false, how many there are, or a list of their addresses and networks such as 10.0.0.0/8';
fails('proxies: none', { args: ['--trust-proxy='] }, `--trust-proxy ${proxies}, not []`);
fails('proxies: fewer than none', { args: ['--trust-proxy=-1'] }, `--trust-proxy ${proxies}, not -1`);
fails(
  'proxies: a name',
  { env: { HUBBUB_TRUST_PROXY: '::1,proxy' } },
  `HUBBUB_TRUST_PROXY ${proxies}, not ["::1","proxy"]`,
);
fails(
  'proxies: a text in the file',
  { file: { trustProxy: '::1' } },
  `config.json: "trustProxy" ${proxies}, not "::1"`,
);
fails(
  'proxies: not trusted, with a value',
  { args: ['--no-trust-proxy=2'] },
  '--no-trust-proxy takes no value: write --trust-proxy or --no-trust-proxy',
);
fails('boolean', { env: { HUBBUB_TLS: 'yes' } }, 'HUBBUB_TLS must be true or false, not "yes"');
fails('boolean in the file', { file: { tls: 'true' } }, 'config.json: "tls" must be true or false, not "true"');
fails(
  'choice',
  { args: ['--log-level=loud'] },
  '--log-level must be one of trace, debug, info, warn, error, not "loud"',
);
fails(
  'duration',
  { args: ['--grace', '10'] },
  '--grace must be a duration such as 500ms, 10s or 5m, at most 24h, not "10"',
);
fails(
  'duration out of its limits',
  { env: { HUBBUB_IDLE_TIMEOUT: '7s' } },
  'HUBBUB_IDLE_TIMEOUT must be a duration such as 500ms, 10s or 5m, from 8s to 960s, not "7s"',
);
fails(
  'duration as a number',
  { file: { grace: 10 } },
  'config.json: "grace" must be a duration such as 500ms, 10s or 5m, at most 24h, not 10',
);
fails(
  'size',
  { file: { maxFrame: 100 } },
  'config.json: "maxFrame" must be a size such as 64KiB, from 1KiB to 4MiB, not 100',
);
fails(
  'size in a list',
  { file: { signalBuffer: [2048] } },
  'config.json: "signalBuffer" must be a size such as 64KiB, not [2048]',
);
fails(
  'rate',
  { env: { HUBBUB_RATE: '100' } },
  'HUBBUB_RATE must be a rate such as 100:500 (per second : at once) or off, not "100"',
);
fails(
  'rate in bytes',
  { file: { rateBytes: false } },
  'config.json: "rateBytes" must be a rate such as 1MiB:4MiB (per second : at once) or off, not false',
);
fails(
  'size below its limit',
  { env: { HUBBUB_LOG_LIMIT: '16383KiB' } },
  'HUBBUB_LOG_LIMIT must be a size such as 64KiB, at least 16MiB, not "16383KiB"',
);
fails('text', { args: ['--host', ''] }, '--host must be a text that is not empty, not ""');

const list =
  'must be a list of different names of 1 to 128 characters which must not contain spaces, control characters or invisible ones, or start with a combining mark';
fails('list, name', { args: ['--auto-join=a b'] }, `--auto-join ${list}, not ["a b"]`);
fails('list, empty name', { args: ['--auto-join=a,'] }, `--auto-join ${list}, not ["a",""]`);
fails('list, twice', { args: ['--auto-join=a,a'] }, `--auto-join ${list}, not ["a","a"]`);
fails('list in the file', { file: { autoJoin: 'a' } }, `config.json: "autoJoin" ${list}, not "a"`);

fails('unknown flag', { args: ['--prot', '1'] }, 'unknown option --prot; did you mean --port?');
fails('unknown flag with a value', { args: ['--prot=1'] }, 'unknown option --prot; did you mean --port?');
fails('key as a flag', { args: ['--maxFrame=1'] }, 'unknown option --maxFrame; did you mean --max-frame?');
fails('one dash', { args: ['-port', '1'] }, 'unknown option -port; did you mean --port?');
fails('former flag', { args: ['--threads', '2'] }, 'unknown option --threads; did you mean --edges?');
fails(
  'former variable',
  { env: { HUBBUB_THREADS: '2' } },
  'unknown environment variable HUBBUB_THREADS; did you mean HUBBUB_EDGES?',
);
fails('former key', { file: { threads: 2 } }, 'config.json: "threads" is not an option; did you mean "edges"?');
fails('negated flag', { args: ['--no-tsl'] }, 'unknown option --no-tsl; did you mean --no-tls?');
fails('what cannot be negated', { args: ['--no-port'] }, 'unknown option --no-port; did you mean --port?');
fails('nothing near', { args: ['--frobnicate'] }, 'unknown option --frobnicate');
fails('misspelt help', { args: ['--hlep'] }, 'unknown option --hlep; did you mean --help?');
fails('argument', { args: ['start'] }, 'unexpected argument "start"');
fails(
  'unknown variable',
  { env: { HUBBUB_PROT: '1' } },
  'unknown environment variable HUBBUB_PROT; did you mean HUBBUB_PORT?',
);
fails(
  'unknown variable, nothing near',
  { env: { HUBBUB_FROBNICATE: '1' } },
  'unknown environment variable HUBBUB_FROBNICATE',
);
fails('unknown key', { file: { prot: 1 } }, 'config.json: "prot" is not an option; did you mean "port"?');
fails(
  'flag as a key',
  { file: { 'max-frame': 1 } },
  'config.json: "max-frame" is not an option; did you mean "maxFrame"?',
);
fails('config in the file', { file: { config: 'x' } }, 'config.json: "config" is not an option');
fails('prototype as a key', { file: '{"__proto__": {"port": 1}}' }, 'config.json: "__proto__" is not an option');
fails(
  'prototype as a boolean',
  { env: { HUBBUB_TLS: 'constructor' } },
  'HUBBUB_TLS must be true or false, not "constructor"',
);

fails('missing value at the end', { args: ['--port'] }, '--port needs a value');
fails('missing value before a flag', { args: ['--port', '--tls'] }, '--port needs a value');
fails('value for a switch', { args: ['--tls=true'] }, '--tls takes no value: write --tls or --no-tls');
fails('value for a negated switch', { args: ['--no-tls=1'] }, '--no-tls takes no value: write --tls or --no-tls');

fails(
  'not JSON',
  { file: '{\n  "port": 1,\n}' },
  'config.json is not valid JSON (line 3, column 1: expected double-quoted property name)',
);
fails('not an object', { file: '[]' }, 'config.json must hold a JSON object');
fails('null', { file: 'null' }, 'config.json must hold a JSON object');
fails('empty path', { env: { HUBBUB_CONFIG: '' } }, 'HUBBUB_CONFIG must be a text that is not empty, not ""');

test('error: file that cannot be read', () => {
  const readFile = () => {
    throw new Error('ENOENT: no such file or directory');
  };
  assert.throws(() => loadConfig(['--config', 'x.json'], {}, readFile), {
    name: 'ConfigError',
    message: '--config: cannot read "x.json" (ENOENT: no such file or directory)',
  });
  assert.throws(
    () => loadConfig([], { HUBBUB_CONFIG: 'x.json' }, readFile),
    /^ConfigError: HUBBUB_CONFIG: cannot read/,
  );
});

fails('cert without key', { args: ['--tls', '--cert=c'] }, '--cert needs --key as well');
fails('key without cert', { env: { HUBBUB_TLS: 'true', HUBBUB_KEY: 'k' } }, 'HUBBUB_KEY needs HUBBUB_CERT as well');
fails('cert in the file without key', { file: { tls: true, cert: 'c' } }, 'config.json: "cert" needs "key" as well');
fails('cert without TLS', { args: ['--cert=c', '--key=k'] }, '--cert needs TLS: turn it on with --tls');
fails(
  'signals past the buffer',
  { args: ['--buffer', '64KiB'] },
  '--signal-buffer (default 64KiB) must be less than --buffer (64KiB)',
);
fails(
  'signals past the buffer, from two sources',
  { file: { buffer: 65_536 }, env: { HUBBUB_SIGNAL_BUFFER: '1MiB' } },
  'HUBBUB_SIGNAL_BUFFER (1MiB) must be less than config.json: "buffer" (65536)',
);
fails(
  'a buffer below the largest frame',
  { args: ['--max-frame', '4MiB', '--rate-bytes', 'off'] },
  '--buffer (default 1MiB) must be at least --max-frame (4MiB)',
);
fails(
  'a burst below the largest frame',
  { args: ['--rate-bytes=1KiB:2KiB'] },
  '--rate-bytes (1KiB:2KiB) must have a burst of at least --max-frame (default 64KiB)',
);

const short = '--ticket-secret must be a text of at least 16 characters';
fails('short secret', { args: ['--ticket-secret', 'hunter2'] }, short);

test('secrets are in no error', () => {
  const cases: Given[] = [
    { args: ['--ticket-secret', 'hunter2'] },
    { env: { HUBBUB_TICKET_SECRET: 'hunter2' } },
    { file: { ticketSecret: ['hunter2'] } },
    { args: ['--ticket-secrt=hunter2'] },
    { args: ['--ticket-secret', 'my long password is', 'hunter2'] },
    { args: ['--ticket-secret', 'my long password is', '-hunter2'] },
    { env: { HUBBUB_TICKET_SECRT: 'hunter2' } },
    { file: { ticketSecrt: 'hunter2' } },
    { file: '{"ticketSecret": hunter2}' },
    { file: '{"ticketSecret": "hunter2"' },
  ];
  for (const given of cases) assert.doesNotMatch(messageOf(given), /hunter2/);
});
