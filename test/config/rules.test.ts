import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Config, ConfigError, loadConfig } from '../../src/config/load.ts';

/** Loads `config/hubbub.json` with these rules; `files` are further files, by path. */
function load(rooms: unknown, files: Record<string, string> = {}): Config {
  return loadConfig(['--config', 'config/hubbub.json'], {}, (path) => {
    if (path === 'config/hubbub.json') return JSON.stringify({ rooms });
    const content = files[path];
    if (content === undefined) throw new Error(`ENOENT: ${path}`);
    return content;
  });
}

/** A test of one error; `field` is where it is within `rooms`. */
function fails(name: string, rooms: unknown, field: string, message: string, files: Record<string, string> = {}): void {
  test(`error: ${name}`, () => {
    const expected = { name: 'ConfigError', message: `config/hubbub.json: "rooms${field}"${message}` };
    assert.throws(() => load(rooms, files), expected);
  });
}

test('durations are milliseconds, sizes are bytes, and what is not said is not there', () => {
  const { rooms } = load([
    { match: 'news.*', log: { count: 1000, age: '30d', bytes: '64MiB' } },
    { match: 'notes', log: 'off', body: { type: 'string' } },
    { match: 'all', log: {}, body: false },
    { match: '*', log: { bytes: 2048 } },
    { match: '*' },
  ]);
  const origin = (field: string) => `config/hubbub.json: "rooms${field}"`;
  assert.deepEqual(rooms, [
    { origin: origin('[0]'), match: 'news.*', log: { count: 1000, age: 2_592_000_000, bytes: 67_108_864 } },
    {
      origin: origin('[1]'),
      match: 'notes',
      log: 'off',
      body: { origin: origin('[1].body'), schema: { type: 'string' } },
    },
    { origin: origin('[2]'), match: 'all', log: {}, body: { origin: origin('[2].body'), schema: false } },
    { origin: origin('[3]'), match: '*', log: { bytes: 2048 } },
    { origin: origin('[4]'), match: '*' },
  ]);
});

test('a file with a schema is looked for beside the configuration file', () => {
  const files = { 'config/schemas/note.json': '{"type": "string"}', '/etc/event.json': 'true' };
  const { rooms } = load(
    [
      { match: 'a', body: 'schemas/note.json' },
      { match: 'b', body: '/etc/event.json' },
    ],
    files,
  );
  assert.deepEqual(
    rooms.map(({ body }) => body),
    [
      { origin: 'config/hubbub.json: "rooms[0].body" (schemas/note.json)', schema: { type: 'string' } },
      { origin: 'config/hubbub.json: "rooms[1].body" (/etc/event.json)', schema: true },
    ],
  );
});

test('in a flag or a variable the rules are JSON, and files are looked for in the working directory', () => {
  const rules = '[{"match": "a", "log": {"age": "1s"}, "body": "note.json"}]';
  const readFile = (path: string) => {
    assert.equal(path, 'note.json');
    return '{}';
  };
  for (const [name, config] of Object.entries({
    '--rooms': loadConfig(['--rooms', rules], {}, readFile),
    HUBBUB_ROOMS: loadConfig([], { HUBBUB_ROOMS: rules }, readFile),
  })) {
    const body = { origin: `${name}[0].body (note.json)`, schema: {} };
    assert.deepEqual(config.rooms, [{ origin: `${name}[0]`, match: 'a', log: { age: 1000 }, body }]);
  }
});

test('the rules of a source take the place of those of another', () => {
  const config = loadConfig(['--rooms=[]', '--config=a.json'], {}, () => '{"rooms": [{"match": "a"}]}');
  assert.deepEqual(config.rooms, []);
});

test('an error names the field as the user would find it', () => {
  const bad = '[{"match":"a","log":{"age":"soon"}}]';
  const message = 'must be a duration such as 500ms, 10s or 5m, at least 1s, not "soon"';
  assert.throws(() => loadConfig(['--rooms', bad], {}, () => ''), { message: `--rooms[0].log.age ${message}` });
  assert.throws(() => loadConfig([], { HUBBUB_ROOMS: bad }, () => ''), ConfigError);
});

const list = ' must be a list of rules such as [{"match":"news.*","log":{"age":"30d"}}]';
fails('no list', { match: 'a' }, '', `${list}, not {"match":"a"}`);
fails('null', null, '', `${list}, not null`);
test('error: a variable that is no JSON', () => {
  assert.throws(() => loadConfig([], { HUBBUB_ROOMS: '[{match}]' }, () => ''), {
    message: `HUBBUB_ROOMS${list}, not "[{match}]"`,
  });
});

fails('a rule that is no object', [['a']], '[0]', ' must be an object with match, log, body, not ["a"]');
fails('an unknown field', [{ match: 'a', lgo: 'off' }], '[0].lgo', ' is not a field; did you mean "log"?');
fails('an unknown field, nothing near', [{ match: 'a', 'x\ny': 1 }], '[0].x\\ny', ' is not a field');
fails('prototype as a field', [JSON.parse('{"match":"a","__proto__":{}}')], '[0].__proto__', ' is not a field');
fails('no match', [{ match: 'a' }, { log: 'off' }], '[1].match', ' is missing');
const name =
  ' must be a text of 1 to 128 characters which must not contain spaces, control characters or invisible ones, or start with a combining mark';
fails('an empty match', [{ match: '' }], '[0].match', `${name}, not ""`);
fails('a match that no room has', [{ match: 'my room' }], '[0].match', `${name}, not "my room"`);
fails('a match that is no text', [{ match: ['a'] }], '[0].match', `${name}, not ["a"]`);

const log = ' must be an object with count, age, bytes, or "off"';
fails('a log that is on', [{ match: 'a', log: 'on' }], '[0].log', `${log}, not "on"`);
fails('a log of null', [{ match: 'a', log: null }], '[0].log', `${log}, not null`);
fails('an unknown limit', [{ match: 'a', log: { size: 1 } }], '[0].log.size', ' is not a field');
fails(
  'a misspelt limit',
  [{ match: 'a', log: { conut: 1 } }],
  '[0].log.conut',
  ' is not a field; did you mean "count"?',
);
fails('no messages', [{ match: 'a', log: { count: 0 } }], '[0].log.count', ' must be an integer of at least 1, not 0');
fails(
  'half a message',
  [{ match: 'a', log: { count: 0.5 } }],
  '[0].log.count',
  ' must be an integer of at least 1, not 0.5',
);
const age = ' must be a duration such as 500ms, 10s or 5m, at least 1s';
fails('an age without unit', [{ match: 'a' }, { match: 'b', log: { age: 30 } }], '[1].log.age', `${age}, not 30`);
fails('an age in months', [{ match: 'a', log: { age: '1month' } }], '[0].log.age', `${age}, not "1month"`);
fails('no age', [{ match: 'a', log: { age: '0s' } }], '[0].log.age', `${age}, not "0s"`);
const bytes = ' must be a size such as 64KiB, at least 1KiB';
fails('a size in other units', [{ match: 'a', log: { bytes: '64MB' } }], '[0].log.bytes', `${bytes}, not "64MB"`);
fails('next to no bytes', [{ match: 'a', log: { bytes: 1 } }], '[0].log.bytes', `${bytes}, not 1`);

const body = ' must be a JSON Schema (an object, true or false) or the path of a file with one';
for (const wrong of [null, 5, [], '']) {
  fails(
    `${JSON.stringify(wrong)} as a body`,
    [{ match: 'a', body: wrong }],
    '[0].body',
    `${body}, not ${JSON.stringify(wrong)}`,
  );
}
const file = [{ match: 'a', body: 'a.json' }];
fails('a schema that is not there', file, '[0].body', ': cannot read "config/a.json" (ENOENT: config/a.json)');
fails(
  'a schema that is no JSON',
  file,
  '[0].body',
  ': config/a.json is not valid JSON (line 3, column 1: expected double-quoted property name)',
  {
    'config/a.json': '{\n  "type": "string",\n}',
  },
);
fails('a file with no schema', file, '[0].body', ': config/a.json must hold a JSON Schema (an object, true or false)', {
  'config/a.json': '[]',
});
