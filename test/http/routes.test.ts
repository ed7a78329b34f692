import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { createRouter } from '../../src/http/routes.ts';
import { RawClient } from '../kit/raw.ts';
import { schemas, startServer } from '../kit/server.ts';

interface AsyncApi {
  readonly asyncapi: string;
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly examples: readonly { readonly payload: unknown }[] }>>;
  };
}

const text = 'text/plain; charset=utf-8';
const json = 'application/json; charset=utf-8';

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  return (await response.json()) as T;
}

describe('health', () => {
  test('/healthz and /readyz say that all is well', async () => {
    await using server = await startServer();
    for (const [path, body] of Object.entries({ '/healthz': 'ok\n', '/readyz': 'ready\n' })) {
      const response = await fetch(server.http + path);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), text);
      assert.equal(response.headers.get('cache-control'), 'no-cache');
      assert.equal(await response.text(), body);
    }
  });

  test('a server that shuts down lives, but is not ready; one whose log has failed for good is to be started anew', () => {
    const answers = (healthy: boolean, ready: boolean) => {
      const router = createRouter({
        healthy: () => healthy,
        ready: () => ready,
        pages: new Map(),
        schemas,
        roomSchema: () => undefined,
      });
      return ['/healthz', '/readyz'].map(
        (path) => router({ method: 'get', path, moved: undefined, header: () => '' }).status,
      );
    };
    assert.deepEqual(answers(true, false), ['200 OK', '503 Service Unavailable']);
    assert.deepEqual(answers(false, true), ['503 Service Unavailable', '200 OK']);
  });
});

describe('schemas', () => {
  for (const path of ['/schemas', '/schemas/']) {
    test(`${path} lists every schema, and each is served as it stands in its file`, async () => {
      await using server = await startServer();
      const { schemas: paths } = await getJson<{ schemas: string[] }>(server.http + path);
      assert.deepEqual(paths, [...schemas.keys()].map((name) => `/schemas/${name}`).sort());
      for (const schema of paths) {
        const response = await fetch(server.http + schema);
        assert.equal(response.status, 200);
        assert.equal(response.headers.get('content-type'), json);
        assert.equal(response.headers.get('access-control-allow-origin'), '*');
        assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
        assert.equal(await response.text(), schemas.get(schema.slice('/schemas/'.length)));
      }
    });
  }

  test('a schema is served under its own $id', () => {
    for (const [path, content] of schemas) {
      const { $id } = JSON.parse(content);
      if (path !== 'asyncapi.json') assert.equal($id, `/schemas/${path}`);
    }
  });

  test('every example in /asyncapi.json fits the schema of its message', async () => {
    await using server = await startServer();
    const document = await getJson<AsyncApi>(`${server.http}/asyncapi.json`);
    assert.match(document.asyncapi, /^3\./);
    const ajv = new Ajv2020.default({ strict: false, allErrors: true });
    ajv.addSchema(document, 'asyncapi', undefined, false);
    const messages = Object.entries(document.components.messages);
    assert.ok(messages.length > 20);
    for (const [name, { examples }] of messages) {
      const validate = ajv.getSchema(`asyncapi#/components/messages/${name}/payload`);
      assert.ok(validate, name);
      assert.ok(examples.length > 0, `${name} has no example`);
      for (const { payload } of examples) {
        assert.ok(validate(payload), `${name}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(payload)}`);
        assert.equal(validate({ ...(payload as object), $unknown: 1 }), false, `${name} takes unknown fields`);
      }
    }
  });
});

describe('the schema of the bodies in a room', () => {
  const note = { type: 'object', properties: { text: { type: 'string' } } };
  const rule = { origin: 'rule', body: { origin: 'schema', schema: note } };
  const rooms = [
    { ...rule, match: 'notes.*' },
    { ...rule, match: 'a/b c%' },
    { ...rule, match: '日本語' },
    { origin: 'rule', match: 'json', body: { origin: 'schema', schema: true } },
    { origin: 'rule', match: 'quiet', log: 'off' as const },
  ];

  test('is served as the operator wrote it, for pages of any origin', async () => {
    await using server = await startServer({ rooms });
    for (const room of ['notes.', 'notes.x/y', 'a/b c%', '日本語']) {
      const response = await fetch(`${server.http}/rooms/${encodeURIComponent(room)}/schema`);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'application/schema+json');
      assert.equal(response.headers.get('access-control-allow-origin'), '*');
      assert.equal(response.headers.get('cache-control'), 'no-cache');
      assert.deepEqual(await response.json(), note);
    }
    assert.equal(await getJson(`${server.http}/rooms/json/schema`), true);
  });

  test('is not there if there is none', async () => {
    await using server = await startServer({ rooms });
    for (const room of ['quiet', 'lobby', '__proto__', 'notes', '%2E%2Fnotes.']) {
      const response = await fetch(`${server.http}/rooms/${room}/schema`);
      assert.equal(response.status, 404);
      assert.equal(await response.text(), 'the bodies of this room have no schema\n');
    }
  });

  test('cannot be asked for by a malformed name', async () => {
    await using server = await startServer({ rooms });
    for (const room of ['%', 'notes.%zz', 'notes.%ff']) {
      const response = await fetch(`${server.http}/rooms/${room}/schema`);
      assert.equal(response.status, 400);
      assert.equal(await response.text(), 'the name of the room is not percent-encoded UTF-8\n');
    }
  });
});

describe('other requests', () => {
  for (const path of ['/', '/ws', '/text', '/?name=ada']) {
    test(`GET ${path} without a WebSocket is told how to come`, async () => {
      await using server = await startServer();
      const response = await fetch(server.http + path);
      assert.equal(response.status, 426);
      assert.equal(response.headers.get('upgrade'), 'websocket');
      assert.equal(response.headers.get('content-type'), text);
      assert.match(await response.text(), /Come with a WebSocket/);
    });
  }

  const nowhere = [
    '/favicon.ico',
    '/schemas/none.json',
    '/schemas/client',
    '/schemas/client/',
    '/HEALTHZ',
    '/rooms/lobby',
    '/rooms//schema',
    '/rooms/a/b/schema',
  ];
  for (const path of nowhere) {
    test(`there is nothing at ${path}`, async () => {
      await using server = await startServer();
      const response = await fetch(server.http + path);
      assert.equal(response.status, 404);
      assert.match(await response.text(), /^there is nothing at this path\n/);
    });
  }

  test('no path leads out of the schemas', async () => {
    await using server = await startServer();
    for (const path of [
      '/schemas/../package.json',
      '/schemas/%2e%2e/package.json',
      '/schemas//etc/passwd',
      '/schemas/__proto__',
    ]) {
      await using raw = new RawClient(server.port);
      raw.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      assert.equal((await raw.head).status, 404);
    }
  });

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    test(`${method} is not answered`, async () => {
      await using server = await startServer();
      for (const path of ['/', '/healthz', '/nothing']) {
        const body = method === 'POST' || method === 'PUT' ? 'x'.repeat(100_000) : null;
        const response = await fetch(server.http + path, { method, body });
        assert.equal(response.status, 405);
        assert.equal(response.headers.get('allow'), 'GET, HEAD');
        assert.match(await response.text(), /GET and HEAD/);
      }
    });
  }

  test('HEAD is answered as GET, without the body', async () => {
    await using server = await startServer();
    for (const path of ['/healthz', '/readyz', '/asyncapi.json', '/schemas/', '/', '/nothing']) {
      const get = await fetch(server.http + path);
      const length = Buffer.byteLength(await get.text());
      const head = await fetch(server.http + path, { method: 'HEAD' });
      assert.equal(head.status, get.status);
      assert.equal(head.headers.get('content-type'), get.headers.get('content-type'));
      assert.equal(head.headers.get('content-length'), String(length));
      assert.equal(await head.text(), '');
    }
  });
});
