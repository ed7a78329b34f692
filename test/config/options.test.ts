import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Config, loadConfig, type RoomRule } from '../../src/config/load.ts';
import { options } from '../../src/config/options.ts';
import type { Rate } from '../../src/config/units.ts';
import { expectation, readValue } from '../../src/config/values.ts';

type TypeName<Value> = [Value] extends [boolean]
  ? 'boolean'
  : [Value] extends [number]
    ? 'number'
    : [Value] extends [string]
      ? 'string'
      : [Value] extends [readonly string[]]
        ? 'list'
        : [Value] extends [readonly RoomRule[]]
          ? 'rules'
          : [Value] extends [Rate]
            ? 'rate'
            : [Value] extends [number | 'auto']
              ? 'number or auto'
              : [Value] extends [number | readonly string[]]
                ? 'number or list'
                : never;

// The compiler proves that this agrees with the interface.
const types: { readonly [Key in keyof Config]-?: TypeName<NonNullable<Config[Key]>> } = {
  host: 'string',
  port: 'number',
  basePath: 'string',
  tls: 'boolean',
  cert: 'string',
  key: 'string',
  data: 'string',
  log: 'string',
  durability: 'string',
  fanout: 'string',
  logLimit: 'number',
  idWindowTime: 'number',
  idWindowCount: 'number',
  autoJoin: 'list',
  rooms: 'rules',
  maxFrame: 'number',
  maxConnections: 'number or auto',
  maxConnectionsPerAddress: 'number',
  edges: 'number or auto',
  edge: 'string',
  trustProxy: 'number or list',
  proxyProtocol: 'boolean',
  rate: 'rate',
  rateBytes: 'rate',
  httpRate: 'rate',
  maxRooms: 'number',
  maxOpenRooms: 'number',
  buffer: 'number',
  signalBuffer: 'number',
  idleTimeout: 'number',
  grace: 'number',
  presenceLimit: 'number',
  drainTimeout: 'number',
  broadcast: 'boolean',
  ticketSecret: 'string',
  statusKey: 'string',
  logLevel: 'string',
  logFormat: 'string',
  checkFrames: 'boolean',
};

const kinds = {
  boolean: 'boolean',
  integer: 'number',
  size: 'number',
  duration: 'number',
  rate: 'rate',
  byteRate: 'rate',
  count: 'number or auto',
  proxies: 'number or list',
  list: 'list',
  choice: 'string',
  string: 'string',
  path: 'string',
  rules: 'rules',
} as const;

function readSchema(name: string) {
  return JSON.parse(readFileSync(new URL(`../../schemas/${name}`, import.meta.url), 'utf8'));
}

test('the interface and the schema have the same options of the same types', () => {
  assert.deepEqual(Object.fromEntries([...options].map(([key, option]) => [key, kinds[option.kind]])), types);
});

test('only what the interface makes optional has no default', () => {
  const optional: readonly string[] = ['cert', 'key', 'ticketSecret', 'statusKey'] satisfies (keyof Config)[];
  const config = loadConfig([], {}, () => '');
  assert.deepEqual(
    Object.keys(config),
    [...options.keys()].filter((key) => !optional.includes(key)),
  );
});

test('the choices of the interface and the schema are the same', () => {
  const logLevels: Record<Config['logLevel'], true> = { trace: true, debug: true, info: true, warn: true, error: true };
  const logFormats: Record<Config['logFormat'], true> = { auto: true, pretty: true, json: true };
  const logs: Record<Config['log'], true> = { lmdb: true, memory: true, off: true };
  const durabilities: Record<Config['durability'], true> = { process: true, disk: true, none: true };
  const fanouts: Record<Config['fanout'], true> = { 'at-once': true, 'after-commit': true };
  assert.deepEqual(options.get('log')?.choices, Object.keys(logs));
  assert.deepEqual(options.get('durability')?.choices, Object.keys(durabilities));
  assert.deepEqual(options.get('fanout')?.choices, Object.keys(fanouts));
  assert.deepEqual(options.get('logLevel')?.choices, Object.keys(logLevels));
  assert.deepEqual(options.get('logFormat')?.choices, Object.keys(logFormats));
});

test('every option has its spellings, and a description of one sentence', () => {
  assert.equal(options.get('maxConnectionsPerAddress')?.flag, '--max-connections-per-address');
  assert.equal(options.get('maxConnectionsPerAddress')?.env, 'HUBBUB_MAX_CONNECTIONS_PER_ADDRESS');
  for (const option of options.values()) assert.match(option.description, /^[A-Z].*\.$/, option.key);
});

test('the schema is valid, and takes its own defaults and examples', () => {
  const schema = readSchema('config.json');
  const ajv = new Ajv2020({ allowUnionTypes: true, strictTypes: false });
  ajv.addVocabulary(['x-unit', 'x-minimum', 'x-maximum']);
  ajv.addSchema(readSchema('definitions.json'));
  const validate = ajv.compile(schema);
  for (const [key, option] of options) {
    const { examples = [] } = schema.properties[key];
    for (const raw of [option.default, ...examples].filter((value) => value !== undefined)) {
      assert.ok(validate({ [key]: raw }), `${key}: ${JSON.stringify(raw)}: ${ajv.errorsText(validate.errors)}`);
      assert.ok(readValue(option, raw), `${key} must be ${expectation(option)}, not ${JSON.stringify(raw)}`);
      if (option.kind === 'rules') loadConfig([`${option.flag}=${JSON.stringify(raw)}`], {}, () => '{}');
    }
  }
});

test('the schema and the program know the same fields of a rule', () => {
  const { rule } = readSchema('config.json').$defs;
  assert.throws(() => loadConfig(['--rooms=[1]'], {}, () => ''), {
    message: `--rooms[0] must be an object with ${Object.keys(rule.properties).join(', ')}, not 1`,
  });
});
