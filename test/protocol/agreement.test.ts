/** PROTOCOL.md, the schemas and the tables in the code agree, in both directions. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import type { Schema } from '../../scripts/generate/schemas.ts';
import { closeCodes, errorCodes } from '../../src/protocol/codes.ts';
import { protocolVersion, subprotocols } from '../../src/protocol/dialect.ts';
import { clientValidators, serverValidators } from '../../src/protocol/generated/validators.ts';
import { TextCodec } from '../../src/protocol/text.ts';
import { TextRooms } from '../../src/protocol/text-rooms.ts';
import { bytes } from './bytes.ts';
import { codeBlocks, section, sections, tableRows, uncoded } from './markdown.ts';
import { fitsFrame, schemas } from './schemas.ts';

const root = new URL('../../', import.meta.url);
const contract = await readFile(new URL('PROTOCOL.md', root), 'utf8');
const asyncapi = JSON.parse(await readFile(new URL('schemas/asyncapi.json', root), 'utf8'));

const sides = [
  { side: 'client', validators: clientValidators },
  { side: 'server', validators: serverValidators },
] as const;

const commonFields = tableRows(section(contract, 3, 'Common fields'), ['field', 'type', 'meaning']).map(
  ([field = '']) => uncoded(field),
);

/** The fields of a section: those it shares with others, and its own; those that may be missing end with `?`. */
function fieldsOf(content: string): string[] {
  const [, common = ''] = /^\[Common fields\]\(#common-fields\): (.*)$/m.exec(content) ?? [];
  const shared = common === '' ? [] : common.split(', ').map(uncoded);
  for (const field of shared) assert.ok(commonFields.includes(field.replace('?', '')), field);
  if (!content.includes('| field |')) return shared;
  const rows = tableRows(content, ['field', 'type', 'meaning']);
  for (const [field, , meaning] of rows) assert.notEqual(meaning, '', field);
  return [...shared, ...rows.map(([field = '']) => uncoded(field))];
}

for (const { side, validators } of sides) {
  const frames = schemas[side];
  const documented = sections(contract, 3).flatMap(({ heading, content }) => {
    const [, type] = new RegExp(`^\`(\\w+)\`, from the ${side}$`).exec(heading) ?? [];
    return type === undefined ? [] : [{ type, content }];
  });

  describe(`the frames from the ${side} in PROTOCOL.md`, () => {
    test('are exactly those that have a schema', () => {
      assert.deepEqual(documented.map(({ type }) => type).sort(), Object.keys(frames).sort());
    });

    for (const { type, content } of documented) {
      const schema: Schema = frames[type] ?? {};

      test(`${type} has its fields, and those that may be missing have a mark`, () => {
        const required = new Set(schema['required'] as string[]);
        const fields = Object.keys(schema['properties'] as object).filter((field) => field !== 'type');
        const expected = fields.map((field) => (required.has(field) ? field : `${field}?`));
        assert.deepEqual(fieldsOf(content).sort(), expected.sort());
      });

      test(`${type} has its answer, or says when it is sent`, () => {
        assert.match(content, side === 'client' ? /^Answer: .*\.$/m : /^Sent .*\.$/m);
      });

      test(`${type} has an example that fits its schema`, () => {
        const examples = codeBlocks(content, 'json').map((code) => JSON.parse(code));
        assert.ok(examples.length > 0);
        for (const example of examples) {
          assert.equal(example.type, type);
          assert.ok(fitsFrame(side, example), JSON.stringify(example));
        }
      });
    }
  });

  test(`every ${side} schema is about the frame its file is named after, and has a validator`, () => {
    for (const [name, schema] of Object.entries(frames)) {
      assert.equal(schema['$id'], `/schemas/${side}/${name}.json`);
      const { type } = schema['properties'] as { type: Schema };
      assert.equal(type['const'], name);
      assert.ok((schema['required'] as string[]).includes('type'));
      assert.equal(schema['additionalProperties'], false);
    }
    assert.deepEqual(Object.keys(validators).sort(), Object.keys(frames).sort());
  });

  test(`asyncapi.json has every ${side} frame`, () => {
    const { action, messages } = asyncapi.operations[side === 'client' ? 'receive' : 'send'];
    assert.equal(action, side === 'client' ? 'receive' : 'send');
    const types = (messages as { $ref: string }[]).map(({ $ref }) => {
      const { payload } = follow($ref) as { payload: Schema };
      return (payload['properties'] as { type: { const: string } }).type.const;
    });
    assert.deepEqual(types.sort(), Object.keys(frames).sort());
  });
}

/** The target of a reference within asyncapi.json, followed through further references. */
function follow($ref: string): unknown {
  const [, ...steps] = $ref.split('/');
  const found = steps.reduce((node, step) => (node as Record<string, unknown>)[step], asyncapi) as { $ref?: string };
  return found.$ref === undefined ? found : follow(found.$ref);
}

test('every frame of a client may carry an id, and so may every answer', () => {
  const answers = ['ack', 'echo', 'error', 'history', 'joined', 'left', 'members', 'pong', 'rooms', 'welcome'];
  const all = [...Object.values(schemas.client), ...answers.map((type) => schemas.server[type])];
  for (const schema of all) assert.ok(schema && 'id' in (schema['properties'] as object), String(schema?.['$id']));
});

test('no reference in asyncapi.json leads nowhere', () => {
  const check = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { $ref } = value as { $ref?: unknown };
    if (typeof $ref === 'string') assert.ok(follow($ref), $ref);
    for (const item of Object.values(value)) check(item);
  };
  check(asyncapi);
});

describe('the error codes', () => {
  test('in PROTOCOL.md are those in the code, in the same words', () => {
    const rows = tableRows(section(contract, 2, 'Error codes'), ['code', 'meaning']);
    const documented = rows.map(([code = '', meaning]) => [uncoded(code), meaning]);
    assert.deepEqual(documented.sort(), Object.entries(errorCodes).sort());
  });

  test('in the schema are those in the code', () => {
    assert.deepEqual([...enumOf('errorCode')].sort(), Object.keys(errorCodes).sort());
  });
});

describe('the close codes', () => {
  test('in PROTOCOL.md are those in the code, in the same words', () => {
    const rows = tableRows(section(contract, 3, 'Close codes'), ['code', 'why', 'reconnect', 'meaning']);
    const documented = rows.map(([code, why = '', reconnect, meaning]) => [
      uncoded(why),
      Number(code),
      reconnect,
      meaning,
    ]);
    const expected = Object.entries(closeCodes).map(([why, { code, reconnect, message }]) => {
      return [why, code, reconnect ? 'yes' : 'no', message];
    });
    assert.deepEqual(documented.sort(), expected.sort());
  });

  test('in the schema are those in the code', () => {
    assert.deepEqual([...enumOf('closeReason')].sort(), Object.keys(closeCodes).sort());
  });

  test('are each for one reason, and tell by their range whether to reconnect', () => {
    const all = Object.values(closeCodes);
    assert.equal(new Set(all.map(({ code }) => code)).size, all.length);
    for (const { code, reconnect } of all) {
      // RFC 6455, section 7.4: what an application may use, and what a server may send.
      const isOurs = code >= 4000 && code <= 4999;
      assert.ok(isOurs || [1000, 1001, 1008, 1009, 1011, 1012, 1013].includes(code), String(code));
      if (isOurs) assert.equal(reconnect, code < 4500, String(code));
    }
  });

  test('have reasons that fit into a close frame', () => {
    for (const { message } of Object.values(closeCodes)) assert.ok(Buffer.byteLength(message) <= 123);
  });
});

test('PROTOCOL.md is about the version and the subprotocols of the code', () => {
  assert.match(contract, new RegExp(`^# .*version ${protocolVersion}$`, 'm'));
  for (const name of Object.keys(subprotocols)) assert.ok(contract.includes(`\`${name}\``), name);
});

test('every link within PROTOCOL.md leads to a heading', () => {
  const anchors = new Set(
    Array.from(contract.matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
  for (const [, anchor = ''] of contract.matchAll(/\]\(#([^)]*)\)/g)) assert.ok(anchors.has(anchor), anchor);
});

test('every JSON example in PROTOCOL.md is a frame', () => {
  for (const code of codeBlocks(contract, 'json')) {
    const example = JSON.parse(code);
    assert.ok(fitsFrame('client', example) || fitsFrame('server', example), code);
  }
});

test('the commands in PROTOCOL.md are those of /help, and the server knows them', () => {
  const rows = tableRows(section(contract, 2, 'The text dialect'), ['command', 'what it does']);
  const documented = rows.flatMap(([cell = '']) => Array.from(cell.matchAll(/`\/(\w+)/g), ([, name = '']) => name));
  const decode = (line: string) => [...new TextCodec(new TextRooms([])).decode(bytes(line), false)];
  const [help] = decode('/help');
  assert.ok(help?.kind === 'answer' && typeof help.wire === 'string');
  for (const [, name = ''] of help.wire.matchAll(/^\* {3}\/(\w+)/gm)) assert.ok(documented.includes(name), name);
  for (const name of documented) {
    const [decoded] = decode(`/${name} a b`);
    assert.ok(decoded);
    assert.notEqual(decoded.kind === 'refused' && decoded.refusal.code, 'unknown_command', name);
  }
});

function enumOf(definition: string): readonly string[] {
  return schemas.definitions[definition]?.['enum'] as string[];
}
