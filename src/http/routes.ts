/** Plain HTTP on the same port: the web pages, health, schemas, and a hint for a client without a WebSocket. */
import { createFile, type StaticFile, serve } from './files.ts';

export interface HttpReply {
  /** Code and reason. */
  readonly status: string;
  readonly headers: Record<string, string>;
  /** undefined for no body, and no `Content-Length`. */
  readonly body: Uint8Array | undefined;
}

export interface HttpRequest {
  /** In lower case. */
  readonly method: string;
  /** Without the query, from the server's root, with one slash between names and none at the end. */
  readonly path: string;
  /** The right address, relative to the present one; undefined if the present one is right. */
  readonly moved: string | undefined;
  /** The value of a header, whose name is in lower case; empty if there is none. Only during the call. */
  readonly header: (name: string) => string;
}

export type Router = (request: HttpRequest) => HttpReply;

export interface RouterOptions {
  /** Whether the process can go on; if not, it has to be restarted. */
  readonly healthy: () => boolean;
  /** Whether new connections are taken. */
  readonly ready: () => boolean;
  /** The web pages, and the client for others, by path. Without them a browser gets a line of text. */
  readonly pages: ReadonlyMap<string, StaticFile>;
  /** The files under `schemas/` by their path there: `client/join.json`. */
  readonly schemas: ReadonlyMap<string, string>;
  /** The JSON Schema of the bodies in the room of this name; undefined if it has none. */
  readonly roomSchema: (room: string) => unknown | undefined;
}

const greeting = `This is Hubbub, a chat server. Come with a WebSocket:
  /text        plain lines: wscat -c ws://<this address>/text
  / or /ws     JSON frames, described at /asyncapi.json and /schemas/
A page gets the client by: import { connect } from '<this address>/client.js'
`;

/** @returns the function that answers a request. */
export function createRouter({ healthy, ready, pages, schemas, roomSchema }: RouterOptions): Router {
  const files = new Map(Array.from(schemas, ([path, content]) => [`/schemas/${path}`, jsonFile(content)]));
  const index = jsonFile(JSON.stringify({ schemas: [...files.keys()].sort() }));
  const asyncapi = files.get('/schemas/asyncapi.json') ?? jsonFile('{}');
  const roomSchemas = new RoomSchemas();
  const get = (request: HttpRequest): HttpReply => {
    const { path } = request;
    const page = pages.get(path);
    // A page and a module load everything else relative to their own address.
    if (page) return request.moved === undefined ? serve(page, request) : redirect(request.moved);
    switch (path) {
      case '/healthz':
        return healthy() ? text('200 OK', 'ok\n') : text('503 Service Unavailable', 'the log is broken\n');
      case '/readyz':
        return ready() ? text('200 OK', 'ready\n') : text('503 Service Unavailable', 'draining\n');
      case '/asyncapi.json':
        return serve(asyncapi, request);
      case '/schemas':
        return serve(index, request);
      case '/':
      case '/ws':
      case '/text':
        return text('426 Upgrade Required', greeting, { upgrade: 'websocket' });
      default: {
        const [, room] = /^\/rooms\/([^/]+)\/schema$/.exec(path) ?? [];
        if (room !== undefined) return schemaOf(room, request);
        const file = files.get(path);
        return file ? serve(file, request) : text('404 Not Found', `there is nothing at this path\n\n${greeting}`);
      }
    }
  };
  const schemaOf = (encoded: string, request: HttpRequest): HttpReply => {
    const room = decode(encoded);
    if (room === undefined) return text('400 Bad Request', 'the name of the room is not percent-encoded UTF-8\n');
    const schema = roomSchema(room);
    return schema === undefined
      ? text('404 Not Found', 'the bodies of this room have no schema\n')
      : serve(roomSchemas.file(schema), request);
  };
  return (request) =>
    request.method === 'get' || request.method === 'head'
      ? get(request)
      : text('405 Method Not Allowed', 'only GET and HEAD are answered\n', { allow: 'GET, HEAD' });
}

/** The schemas of bodies, each serialized at the first request for it. */
class RoomSchemas {
  readonly #files = new WeakMap<object, StaticFile>();

  file(schema: unknown): StaticFile {
    const known = isObject(schema) ? this.#files.get(schema) : undefined;
    const file = known ?? jsonFile(JSON.stringify(schema), 'application/schema+json');
    if (isObject(schema)) this.#files.set(schema, file);
    return file;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function text(status: string, body: string, headers: Record<string, string> = {}): HttpReply {
  return {
    status,
    headers: {
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'content-type': 'text/plain; charset=utf-8',
      ...headers,
    },
    body: Buffer.from(body),
  };
}

function redirect(location: string): HttpReply {
  return text('308 Permanent Redirect', `this page is at ${location}\n`, { location });
}

/** Schemas are public, and pages of other origins may read them. */
function jsonFile(content: string, type = 'application/json; charset=utf-8'): StaticFile {
  return createFile(Buffer.from(content), { headers: { 'content-type': type, 'access-control-allow-origin': '*' } });
}

/** Decodes a part of a path; undefined if it is malformed. */
function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
