import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { fails, locally, Program, temporaryDirectory } from './program.ts';

describe('it does not start, and says so in one line,', () => {
  test('if the port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    const { port } = address;
    const args = ['--host', '127.0.0.1', '--port', String(port)];
    await fails(args, {}, `cannot listen on 127.0.0.1:${port}: the port is in use; take another one with --port`);
    other.close();
  });

  test('if another Hubbub uses the port', async () => {
    await using first = await Program.start(locally);
    const { port } = new URL(await first.listening());
    const args = ['--host', '127.0.0.1', '--port', port];
    await fails(args, {}, `cannot listen on 127.0.0.1:${port}: the port is in use; take another one with --port`);
  });

  test('if this machine does not have the address', () =>
    fails(
      ['--host', '203.0.113.1', '--port', '0'],
      {},
      'cannot listen on 203.0.113.1:0: this machine does not have that address',
    ));

  test('if there is no such host', () =>
    fails(['--host', 'nowhere.invalid', '--port', '0'], {}, /^hubbub: cannot listen on nowhere\.invalid:0: \w[^\n]*$/));

  test('if an option has a wrong value', () =>
    fails(['--port', '99999'], {}, '--port must be an integer from 0 to 65535, not 99999'));

  test('if there is no such option', () => fails(['--prot', '1'], {}, 'unknown option --prot; did you mean --port?'));

  test('if there is an argument that is no option', () => fails(['8080'], {}, 'unexpected argument "8080"'));

  test('if a variable has a wrong value', () =>
    fails([], { HUBBUB_PORT: 'http' }, 'HUBBUB_PORT must be an integer from 0 to 65535, not "http"'));

  test('if there is no such variable', () =>
    fails([], { HUBBUB_PROT: '1' }, 'unknown environment variable HUBBUB_PROT; did you mean HUBBUB_PORT?'));

  test('without the secret, if that is too short', () =>
    fails([], { HUBBUB_TICKET_SECRET: 'hunter2' }, 'HUBBUB_TICKET_SECRET must be a text of at least 16 characters'));

  test('if the configuration file is missing', () =>
    fails(['--config', 'missing.json'], {}, /^hubbub: --config: cannot read "missing\.json" \(ENOENT: [^\n]*\)$/));

  test('if the configuration file is a directory, or no JSON', async () => {
    await using data = await temporaryDirectory();
    const file = `${data.path}/hubbub.json`;
    await fails(['--config', data.path], {}, /^hubbub: --config: cannot read "[^\n]*" \(EISDIR: [^\n]*\)$/);
    await writeFile(file, '{\n  "port": 80,\n}');
    await fails(
      ['--config', file],
      {},
      `${file} is not valid JSON (line 3, column 1: expected double-quoted property name)`,
    );
    await writeFile(file, '{"prot": 80}');
    await fails(['--config', file], {}, `${file}: "prot" is not an option; did you mean "port"?`);
  });

  test('if a rule for rooms is wrong, or a schema in one', async () => {
    await using data = await temporaryDirectory();
    const file = `${data.path}/hubbub.json`;
    const schema = `${data.path}/note.json`;
    const args = [...locally, '--config', file];
    const age = 'must be a duration such as 500ms, 10s or 5m, at least 1s, not "soon"';
    await writeFile(file, '{"rooms": [{"match": "news.*", "log": {"age": "soon"}}]}');
    await fails(args, {}, `${file}: "rooms[0].log.age" ${age}`);
    await writeFile(file, '{"rooms": [{"match": "notes", "body": "note.json"}]}');
    await fails(
      args,
      {},
      new RegExp(`^hubbub: ${file}: "rooms\\[0\\]\\.body": cannot read "${schema}" \\(ENOENT: .*\\)$`),
    );
    await writeFile(schema, '{"type": "object", "requird": ["text"]}');
    const name = `${file}: "rooms[0].body" (note.json), for "notes"`;
    await fails(args, {}, `${name}: requird is not a keyword of JSON Schema`);
    const twice = '[{"match": "*"}, {"match": "a"}]';
    await fails(locally, { HUBBUB_ROOMS: twice }, 'HUBBUB_ROOMS[1] never applies: "*" before it matches all of "a"');
  });

  test('if the certificate cannot be read', async () => {
    await using data = await temporaryDirectory();
    const [cert, key] = [`${data.path}/cert.pem`, `${data.path}/key.pem`];
    const args = [...locally, '--tls', '--cert', cert, '--key', key];
    await fails(args, {}, `the certificate ${cert}: no such file`);
    await writeFile(cert, 'no certificate');
    await writeFile(key, 'no key');
    await fails(args, {}, `the certificate ${cert} is not a certificate in PEM format`);
    await mkdir(`${data.path}/directory`);
    const directory = [...locally, '--tls', '--cert', `${data.path}/directory`, '--key', key];
    await fails(directory, {}, `cannot read ${data.path}/directory: illegal operation on a directory`);
  });

  test('if the certificate comes without its key, or without TLS', async () => {
    await fails([...locally, '--tls', '--cert', 'a.pem'], {}, '--cert needs --key as well');
    await fails([...locally, '--cert', 'a.pem', '--key', 'b.pem'], {}, '--cert needs TLS: turn it on with --tls');
  });

  test('if there is a file in the place of the data directory', async () => {
    await using data = await temporaryDirectory();
    const file = `${data.path}/data`;
    await writeFile(file, '');
    await fails([...locally, '--tls', '--data', file], {}, `cannot read ${file}/tls/cert.pem: not a directory`);
    await fails(
      [...locally, '--tls', '--data', `${file}/below`],
      {},
      `cannot read ${file}/below/tls/cert.pem: not a directory`,
    );
  });
});
