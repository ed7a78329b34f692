/** The client for browsers, at an address: `import { connect } from 'https://chat.example/client.js'`. */
import { createFile, type StaticFile } from './files.ts';

const types: Readonly<Record<string, string>> = {
  'client.js': 'text/javascript; charset=utf-8',
  'client.d.ts': 'application/typescript; charset=utf-8',
};

/**
 * @param files of the package of the client, by name
 * @returns those that a page or a compiler asks for, by the path of their URL. Pages of other origins may load them.
 */
export function createClient(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, StaticFile> {
  const served = new Map<string, StaticFile>();
  for (const [name, type] of Object.entries(types)) {
    const content = files.get(name);
    const headers = { 'content-type': type, 'access-control-allow-origin': '*' };
    if (content) served.set(`/${name}`, createFile(content, { isCompressed: true, headers }));
  }
  return served;
}
