import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileBody } from '../../src/policy/body.ts';
import { validateServerFrame } from '../../src/protocol/validate.ts';

function accepts(name: string, schema: unknown, ...bodies: unknown[]): void {
  test(name, () => {
    const check = compileBody(schema, 'schema');
    for (const body of bodies) assert.equal(check(body), undefined, JSON.stringify(body));
  });
}

/** A test of one refusal: the words and the path of the answer. */
function refuses(name: string, schema: unknown, body: unknown, message: string, path = '/body'): void {
  test(name, () => {
    const frame = compileBody(schema, 'schema')(body)?.frame();
    assert.deepEqual(frame, { type: 'error', code: 'invalid_frame', message, path });
    assert.equal(validateServerFrame(frame), undefined);
  });
}

function fails(name: string, schema: unknown, message: string | RegExp): void {
  test(name, () => {
    assert.throws(
      () => compileBody(schema, 'origin'),
      (error: Error) => {
        assert.equal(error.name, 'PolicyError');
        assert.doesNotMatch(error.message, /\n/);
        if (typeof message === 'string') assert.equal(error.message, `origin: ${message}`);
        else assert.match(error.message, message);
        return true;
      },
    );
  });
}

/** As it comes from a client. */
const json = (text: string): unknown => JSON.parse(text);

const note = {
  type: 'object',
  properties: {
    text: { type: 'string', minLength: 1, maxLength: 10 },
    tags: { type: 'array', items: { enum: ['a', 'b', null] }, maxItems: 2, uniqueItems: true },
    author: { type: 'object', properties: { mail: { format: 'email' } }, required: ['name'] },
  },
  required: ['text'],
  additionalProperties: false,
};

describe('a body', () => {
  accepts('that fits', note, { text: 'hi' }, { text: 'hi', tags: ['a', null], author: { name: 'ada', mail: 'a@b.c' } });
  accepts('of any JSON, if the schema is true', true, null, 0, '', [], {});
  refuses('of any kind, if it is false', false, null, 'body is not allowed');
  refuses('of another type', note, 'hi', 'body must be an object');
  refuses(
    'of no type that may be',
    { type: ['string', 'array', 'null'] },
    1,
    'body must be a string or an array or null',
  );
  refuses('without a field', note, {}, 'body.text is required', '/body/text');
  refuses(
    'without an inner field',
    note,
    { text: 'a', author: {} },
    'body.author.name is required',
    '/body/author/name',
  );
  refuses('with another field', note, { text: 'a', txt: 1 }, '"txt" is not a field of body', '/body/txt');
  refuses('with an empty text', note, { text: '' }, 'body.text must not be empty', '/body/text');
  refuses('with a long text', note, { text: '12345678901' }, 'body.text must have at most 10 characters', '/body/text');
  refuses(
    'with many items',
    note,
    { text: 'a', tags: ['a', 'b', 1] },
    'body.tags must have at most 2 items',
    '/body/tags',
  );
  refuses(
    'with another choice',
    note,
    { text: 'a', tags: ['a', 'c'] },
    'body.tags.1 must be one of a, b, null',
    '/body/tags/1',
  );
  refuses(
    'of another format',
    note,
    { text: 'a', author: { name: 'ada', mail: 'ada' } },
    'body.author.mail must match format "email"',
    '/body/author/mail',
  );
  refuses('that is another constant', { const: { v: 1 } }, { v: 2 }, 'body must be {"v":1}');
  refuses('at a limit', { exclusiveMinimum: 0 }, 0, 'body must be more than 0');
  const conditional = json('{"if":{"type":"string"},"then":{"minLength":3},"else":{"type":"integer"}}');
  refuses('that misses what a condition asks for', conditional, 'ab', 'body must have at least 3 characters');
  refuses('that is none of several', { oneOf: [note, { const: 1 }] }, 2, 'body must match exactly one schema in oneOf');
  refuses('that is bytes', true, new Uint8Array(1), 'body must be JSON in this room, not bytes');
  refuses(
    'with a name to escape',
    { properties: { 'a/b~': false } },
    { 'a/b~': 1 },
    'body.a/b~ is not allowed',
    '/body/a~1b~0',
  );
  const long = `${'k'.repeat(80)}…`;
  refuses(
    'with a very long name, in a short answer',
    { additionalProperties: false },
    { ['k'.repeat(60_000)]: 1 },
    `"${long}" is not a field of body`,
    `/body/${long}`,
  );

  test('is left as it is', () => {
    const schema = { properties: { a: { type: 'integer', default: 1 }, b: { type: 'boolean' } } };
    const check = compileBody(schema, 'schema');
    const body = json('{"b":true,"x":[1],"__proto__":{"a":2}}');
    const before = JSON.stringify(body);
    assert.equal(check(Object.freeze(body)), undefined);
    assert.equal(JSON.stringify(body), before);
    assert.equal(check({ a: '1' })?.message, 'body.a must be an integer');
  });

  test('has the fields it has, and not those of its prototype', () => {
    const schema = {
      properties: { constructor: { type: 'string' } },
      required: ['toString'],
      additionalProperties: false,
    };
    const check = compileBody(schema, 'schema');
    assert.equal(check({})?.message, 'body.toString is required');
    assert.equal(compileBody({ ...schema, required: [] }, 'schema')({}), undefined);
    assert.equal(check(json('{"__proto__":1,"toString":1}'))?.message, '"__proto__" is not a field of body');
    assert.equal(({} as { a?: unknown }).a, undefined);
  });

  test('is refused if a pattern cannot cope with its length', () => {
    const check = compileBody({ pattern: '^(a|b)*$' }, 'schema');
    assert.equal(check('ab'), undefined);
    assert.deepEqual(check('a'.repeat(2 ** 22))?.message, 'body is too large for the schema of this room');
  });

  test('is checked against its length before what takes longer', () => {
    const check = compileBody({ type: 'string', pattern: '^(a|b)*$', format: 'uri', maxLength: 9 }, 'schema');
    assert.equal(check('a'.repeat(2 ** 22))?.message, 'body must have at most 9 characters');
    const list = compileBody({ type: 'array', uniqueItems: true, maxItems: 2 }, 'schema');
    assert.equal(list([1, 1, 1])?.message, 'body must have at most 2 items');
  });
});

describe('a schema', () => {
  const formats = {
    'date-time': ['2026-11-20T19:00:00Z', '2026-11-20'],
    date: ['2024-02-29', '2023-02-29'],
    time: ['19:00:00Z', '25:00:00Z'],
    duration: ['P1D', '1d'],
    email: ['a@b.c', 'a@'],
    hostname: ['a.b', '-a'],
    ipv4: ['127.0.0.1', '127.0.0.256'],
    ipv6: ['::1', '::g'],
    uri: ['http://a/b', '/b'],
    'uri-reference': ['/b', '\\'],
    'uri-template': ['/{a}', '/{a'],
    uuid: ['01890a5d-ac96-774b-bcce-b302099a8057', '1'],
    'json-pointer': ['/a', 'a'],
    'relative-json-pointer': ['0/a', '/a'],
    regex: ['a*', '*'],
  };
  for (const [format, [good = '', bad = '']] of Object.entries(formats)) {
    accepts(`may ask for the format ${format}`, { format }, good);
    refuses(`refuses what is no ${format}`, { format }, bad, `body must match format "${format}"`);
  }

  test('with a format takes no longer than it has to for what clients send', () => {
    const texts = ['a', 'a.', 'a-', 'a@', ':', '/', '1.', '%41', '{a,', '~0', '(', '1', '::1:'];
    const checks = Object.keys(formats).map((format) => compileBody({ format }, 'schema'));
    // If the time grew with the square of the length, this would run into the time limit of the tests.
    for (const check of checks) for (const text of texts) check(`http://${text.repeat(524_288 / text.length)} `);
  });

  accepts('is one of JSON Schema 2020-12', { prefixItems: [{ type: 'string' }], items: false }, ['a']);
  accepts(
    'is one of draft-07 if it says so',
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      items: [{ $ref: '#/definitions/a' }],
      definitions: { a: true },
    },
    ['a'],
  );
  refuses(
    'of draft-07 is followed as such',
    { $schema: 'http://json-schema.org/draft-07/schema', dependencies: { a: ['b'] } },
    { a: 1 },
    'body.b is required',
    '/body/b',
  );
  const all = {
    $id: 'https://example.com/a',
    $comment: 'x',
    title: 'x',
    $defs: { b: { $anchor: 'here', type: 'string' }, c: { $id: 'c', $ref: 'a#here' } },
    $ref: '#/$defs/b',
    allOf: [{ $ref: '#here' }, { $ref: 'c' }],
    default: { anything: 1 },
    examples: [{ anything: 1 }],
    const: 'a',
    dependentRequired: { anything: ['x'] },
    contentMediaType: 'text/plain',
    deprecated: true,
  };
  accepts('may have everything JSON Schema has', all, 'a');
  test('may be used twice, and have the $id of another one', () => {
    assert.equal(compileBody(all, 'schema')('a'), undefined);
    assert.equal(compileBody({ ...all, const: 'b' }, 'schema')('b'), undefined);
  });

  const properties = (schema: object) => ({ type: 'object', properties: { text: schema } });
  fails('with an unknown keyword', { propertis: {} }, 'propertis is not a keyword of JSON Schema');
  fails(
    'with an unknown keyword inside',
    { anyOf: [properties({ maxLenght: 1 })] },
    'anyOf.0.properties.text.maxLenght is not a keyword of JSON Schema',
  );
  fails(
    'with a keyword of another draft',
    { $schema: 'http://json-schema.org/draft-07/schema#', $defs: { a: { $anchor: 'a' } } },
    '$defs.a.$anchor is not a keyword of JSON Schema',
  );
  fails('with a keyword of ajv that checks nothing', { $async: true }, '$async is not a keyword of JSON Schema');
  fails(
    'with an unknown format',
    properties({ format: 'url' }),
    /^origin: properties\.text\.format must be one of date-time, .*, not "url"$/,
  );
  fails(
    'with a wrong type',
    properties({ type: 'text' }),
    'properties.text.type must be one of array, boolean, integer, null, number, object, string',
  );
  fails('with a wrong limit', properties({ maxLength: -1 }), 'properties.text.maxLength must be at least 0');
  fails('with a wrong pattern', { pattern: '(\n' }, /^origin: Invalid regular expression: /);
  fails('with half a condition', json('{"then":{}}'), '"then" without "if" is ignored');
  fails('that is no schema', 5, 'a schema must be an object or a boolean');
  fails(
    'that is too deep',
    json(`${'{"not":'.repeat(100_000)}{}${'}'.repeat(100_000)}`),
    'Maximum call stack size exceeded',
  );
  const dialects = 'https://json-schema.org/draft/2020-12/schema, http://json-schema.org/draft-07/schema';
  fails(
    'of another draft',
    { $schema: 'http://json-schema.org/draft-04/schema#' },
    `$schema must be one of ${dialects}`,
  );
  fails('of no draft', { $schema: 7 }, `$schema must be one of ${dialects}`);
  const nowhere = 'leads nowhere in this schema, and no other one is fetched';
  for (const $ref of ['https://example.com/b.json', 'b.json#/a', '#/$defs/none']) {
    fails(`with a reference to ${$ref}`, properties({ $ref }), `$ref "${$ref}" ${nowhere}`);
  }
});
