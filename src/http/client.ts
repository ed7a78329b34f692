/** The client for browsers, at an address: `import { connect } from 'https://chat.example/client.js'`. */
import { createFile, type StaticFile } from './files.ts';
import { packedEndings } from './pages.ts';

const types: Readonly<Record<string, string>> = {
  'client.js': 'text/javascript; charset=utf-8',
  'client.d.ts': 'application/typescript; charset=utf-8',
};

/**
 * @param files of the package of the client, by name, and the compressed forms of those that are served
 * @returns the files that a page or a compiler asks for, by the path of their URL. Pages of other origins may load them.
 */
export function createClient(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, StaticFile> {
  const served = new Map<string, StaticFile>();
  for (const [name, type] of Object.entries(types)) {
    const content = files.get(name);
    const [br, gzip] = [files.get(name + packedEndings.br), files.get(name + packedEndings.gzip)];
    const headers = { 'content-type': type, 'access-control-allow-origin': '*' };
    const packed = br && gzip && { compressed: { br, gzip } };
    if (content) served.set(`/${name}`, createFile(content, { isCompressed: true, ...packed, headers }));
  }
  return served;
}
