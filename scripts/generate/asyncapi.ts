import type { ClientFrame, ServerFrame } from '../../src/protocol/generated/frames.ts';
import { occasions, requests } from './frame-notes.ts';
import { definitionName, pascalCase, rewrite, type Schema, type Schemas } from './schemas.ts';

/** The protocol as an AsyncAPI 3.0 document: every frame a message, both directions an operation. */
export function asyncapi({ definitions, client, server }: Schemas, version: string): object {
  const messages: Record<string, object> = {};
  const references = (side: string, frames: Record<string, Schema>) =>
    Object.entries(frames).map(([type, schema]) => {
      const name = `${side}${pascalCase(type)}`;
      messages[name] = {
        name,
        title: schema['title'],
        summary: `${schema['description']} ${note(side, type)}`,
        contentType: 'application/json',
        payload: standalone(schema),
        examples: (schema['examples'] as object[]).map((payload) => ({ payload })),
      };
      return { $ref: `#/channels/socket/messages/${name}` };
    });
  const [received, sent] = [references('client', client), references('server', server)];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Hubbub',
      version,
      description: 'JSON frames over WebSocket: rooms, presence, broadcasts and direct messages.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: { local: { host: 'localhost:8080', protocol: 'ws', pathname: '/' } },
    channels: {
      socket: {
        address: '/',
        description: 'One WebSocket connection; the subprotocol is hubbub.json.',
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations: {
      receive: { action: 'receive', channel: { $ref: '#/channels/socket' }, messages: received },
      send: { action: 'send', channel: { $ref: '#/channels/socket' }, messages: sent },
    },
    components: {
      messages,
      schemas: Object.fromEntries(Object.entries(definitions).map(([name, schema]) => [name, standalone(schema)])),
    },
  };
}

/** The answer of a request, or the occasion of a server frame. */
function note(side: string, type: string): string {
  if (side === 'server') return `Sent ${occasions[type as ServerFrame['type']]}.`;
  return `Answer: ${requests[type as ClientFrame['type']].answer}.`;
}

function standalone(schema: Schema): unknown {
  return rewrite(schema, (ref) => `#/components/schemas/${definitionName(ref)}`, ['$schema', '$id']);
}
