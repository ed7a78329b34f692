import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { locally, Program, temporaryDirectory } from './program.ts';

test('with --tls it makes a certificate, tells its fingerprint, and keeps it', async () => {
  await using data = await temporaryDirectory();
  const directory = join(data.path, 'new', 'data');
  const fingerprints: unknown[] = [];
  for (const expected of ['made', 'kept']) {
    await using program = await Program.start([...locally, '--tls', '--data', directory]);
    const { file, origin, fingerprint, expires } = await program.logged('TLS certificate');
    assert.equal(origin, expected);
    assert.equal(file, join(directory, 'tls', 'cert.pem'));
    const pem = await readFile(String(file));
    const certificate = new X509Certificate(pem);
    assert.equal(fingerprint, certificate.fingerprint256);
    assert.equal(Date.parse(String(expires)), Date.parse(certificate.validTo));
    fingerprints.push(fingerprint);

    const url = await program.listening();
    assert.match(url, /^wss:/);
    await using ada = await JsonClient.connect(url, [], { ca: pem });
    await ada.next('welcome');
    program.kill('SIGTERM');
    assert.equal((await ada.next('goodbye')).why, 'shutdown');
    assert.equal((await ada.closed).code, 1001);
    assert.deepEqual(await program.exit, { code: 0, signal: null });
    assert.equal(program.errors, '');
  }
  assert.equal(fingerprints[0], fingerprints[1]);
  assert.deepEqual((await readdir(join(directory, 'tls'))).sort(), ['cert.pem', 'key.pem']);
});

test('a certificate that is given is taken', async () => {
  await using data = await temporaryDirectory();
  const directory = join(data.path, 'first');
  {
    await using first = await Program.start([...locally, '--tls', '--data', directory]);
    await first.listening();
  }
  const [cert, key] = [join(directory, 'tls', 'cert.pem'), join(directory, 'tls', 'key.pem')];
  await using second = await Program.start([...locally, '--tls', '--cert', cert, '--key', key]);
  assert.equal((await second.logged('TLS certificate'))['origin'], 'given');
  await using ada = await JsonClient.connect(await second.listening(), [], { ca: await readFile(cert) });
  await ada.next('welcome');
});
