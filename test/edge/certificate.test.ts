import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { CertificateError, certificate, localNames } from '../../src/edge/certificate.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'hubbub-certificate-'));
});
after(() => rm(root, { recursive: true }));

const directory = () => mkdtemp(join(root, 'data-'));
const parse = async (file: string) => new X509Certificate(await readFile(file));
const mode = async (path: string) => (await stat(path)).mode & 0o777;
const failsWith = (message: string) => (error: unknown) => {
  assert.ok(error instanceof CertificateError);
  assert.equal(error.message, message);
  return true;
};

describe('the own certificate', () => {
  test('is made at the first start', async () => {
    const data = await directory();
    const { digest, ...made } = await certificate({ data, now: NOW });
    assert.match(digest, /^[\w-]{43}$/);
    assert.deepEqual(made, {
      certFile: join(data, 'tls', 'cert.pem'),
      keyFile: join(data, 'tls', 'key.pem'),
      fingerprint: (await parse(made.certFile)).fingerprint256,
      expires: NOW + 397 * DAY,
      origin: 'made',
    });
    assert.match(made.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  test('is an ECDSA P-256 server certificate for the names given', async () => {
    const hosts = ['chat.example', '10.1.2.3', '2001:db8::1', 'localhost'];
    const { certFile } = await certificate({ data: await directory(), now: NOW, hosts });
    const parsed = await parse(certFile);
    assert.equal(parsed.publicKey.asymmetricKeyType, 'ec');
    assert.equal(parsed.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
    assert.ok(parsed.raw.includes(Buffer.from('06082a8648ce3d040302', 'hex')), 'ecdsa-with-SHA256');
    assert.deepEqual(parsed.keyUsage, ['1.3.6.1.5.5.7.3.1'], 'serverAuth');
    assert.equal(parsed.ca, false);
    assert.ok(parsed.verify(parsed.publicKey));
    assert.equal(Date.parse(parsed.validFrom), NOW - HOUR);
    assert.deepEqual(parsed.subjectAltName?.split(', '), [
      'DNS:localhost',
      'IP Address:127.0.0.1',
      'IP Address:0:0:0:0:0:0:0:1',
      'DNS:chat.example',
      'IP Address:10.1.2.3',
      'IP Address:2001:DB8:0:0:0:0:0:1',
    ]);
  });

  test('has a key that only its owner can read', async () => {
    const data = await directory();
    const { certFile, keyFile } = await certificate({ data, now: NOW });
    assert.equal(await mode(join(data, 'tls')), 0o700);
    assert.equal(await mode(keyFile), 0o600);
    assert.equal(await mode(certFile), 0o644);
    assert.deepEqual((await readdir(join(data, 'tls'))).sort(), ['cert.pem', 'key.pem']);
  });

  test('is kept until 30 days before its end, also when the names change', async () => {
    const data = await directory();
    const made = await certificate({ data, now: NOW });
    const kept = await certificate({ data, now: NOW + 367 * DAY, hosts: ['other.example'] });
    assert.deepEqual(kept, { ...made, origin: 'kept' });
  });

  test('is renewed when fewer than 30 days are left', async () => {
    const data = await directory();
    const made = await certificate({ data, now: NOW });
    const later = NOW + 367 * DAY + 1000;
    const renewed = await certificate({ data, now: later });
    assert.equal(renewed.origin, 'renewed');
    assert.equal(renewed.warning, undefined);
    assert.equal(renewed.expires, later + 397 * DAY);
    assert.notEqual(renewed.fingerprint, made.fingerprint);
    assert.equal((await parse(`${made.certFile}.old`)).fingerprint256, made.fingerprint);
    assert.equal(await mode(`${made.keyFile}.old`), 0o600);
    assert.deepEqual(await certificate({ data, now: later }), { ...renewed, origin: 'kept' });
  });

  test('takes the place of a pair that does not belong together, which is kept aside', async () => {
    const data = await directory();
    const { certFile, keyFile } = await certificate({ data, now: NOW });
    const other = await certificate({ data: await directory(), now: NOW });
    const otherKey = await readFile(other.keyFile, 'utf8');
    await writeFile(keyFile, otherKey);
    const renewed = await certificate({ data, now: NOW });
    assert.equal(renewed.origin, 'renewed');
    assert.equal(
      renewed.warning,
      `the certificate ${certFile} and the key ${keyFile} do not belong together: ` +
        'replaced by a new self-signed certificate, the old files end in .old',
    );
    assert.equal(await readFile(`${keyFile}.old`, 'utf8'), otherKey);
    assert.equal((await certificate({ data, now: NOW })).origin, 'kept');
  });

  test('takes the place of files that are damaged or missing', async () => {
    const data = await directory();
    const { certFile, keyFile } = await certificate({ data, now: NOW });
    const replaced = async (fault: string) => {
      const { origin, warning } = await certificate({ data, now: NOW });
      assert.equal(origin, 'renewed');
      assert.ok(warning?.startsWith(`${fault}: replaced`), warning);
    };
    await writeFile(certFile, '');
    await replaced(`the certificate ${certFile} is not a certificate in PEM format`);
    await writeFile(keyFile, '-----BEGIN PRIVATE KEY-----\nMIGH');
    await replaced(`the key ${keyFile} is not a private key in PEM format`);
    await rm(certFile);
    await replaced(`the certificate ${certFile}: no such file`);
  });

  test('is made although an earlier start was killed while writing', async () => {
    const data = await directory();
    await mkdir(join(data, 'tls'));
    await writeFile(join(data, 'tls', 'key.pem.new'), 'half a k', { mode: 0o644 });
    const { origin, keyFile } = await certificate({ data, now: NOW });
    assert.equal(origin, 'made');
    assert.equal(await mode(keyFile), 0o600);
  });

  test('needs a directory that can be read', async () => {
    const data = join(await directory(), 'data');
    await writeFile(data, 'a file in the place of the directory');
    await assert.rejects(
      certificate({ data, now: NOW }),
      failsWith(`cannot read ${join(data, 'tls', 'cert.pem')}: not a directory`),
    );
  });

  test('needs a directory that can be written', async () => {
    const data = await directory();
    const { certFile, keyFile } = await certificate({ data, now: NOW });
    await writeFile(certFile, '');
    await mkdir(`${keyFile}.old`); // in the way of root too
    await assert.rejects(
      certificate({ data, now: NOW }),
      failsWith(`cannot write ${join(data, 'tls')}: illegal operation on a directory`),
    );
  });
});

describe('a given certificate', () => {
  let certFile: string;
  let keyFile: string;
  before(async () => {
    ({ certFile, keyFile } = await certificate({ data: await directory(), now: NOW }));
  });

  test('is used where it is', async () => {
    const data = await directory();
    const { digest: _, ...found } = await certificate({ data, cert: certFile, key: keyFile, now: NOW });
    assert.deepEqual(found, {
      certFile,
      keyFile,
      fingerprint: (await parse(certFile)).fingerprint256,
      expires: NOW + 397 * DAY,
      origin: 'given',
    });
    assert.deepEqual(await readdir(data), []);
  });

  test('is warned of before its end, and refused from then on', async () => {
    const options = { data: root, cert: certFile, key: keyFile };
    const late = await certificate({ ...options, now: NOW + 380 * DAY });
    assert.equal(late.warning, `the certificate ${certFile} ends on 2027-02-03`);
    await assert.rejects(
      certificate({ ...options, now: NOW + 397 * DAY }),
      failsWith(`the certificate ${certFile} ended on 2027-02-03`),
    );
  });

  test('comes with its key', async () => {
    const alone = failsWith('--cert and --key go together: give both');
    await assert.rejects(certificate({ data: root, cert: certFile, now: NOW }), alone);
    await assert.rejects(certificate({ data: root, key: keyFile, now: NOW }), alone);
  });

  test('is refused when a file is missing, of another kind, or of another pair', async () => {
    const refused = (cert: string, key: string, message: string) =>
      assert.rejects(certificate({ data: root, cert, key, now: NOW }), failsWith(message));
    const missing = join(root, 'missing.pem');
    const encrypted = join(root, 'encrypted.pem');
    const other = await certificate({ data: await directory(), now: NOW });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const cipher = { cipher: 'aes-256-cbc', passphrase: 'secret' };
    await writeFile(encrypted, privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }));

    await refused(missing, keyFile, `the certificate ${missing}: no such file`);
    await refused(certFile, missing, `the key ${missing}: no such file`);
    await refused(root, keyFile, `cannot read ${root}: illegal operation on a directory`);
    await refused(keyFile, keyFile, `the certificate ${keyFile} is not a certificate in PEM format`);
    await refused(certFile, certFile, `the key ${certFile} is not a private key in PEM format`);
    await refused(certFile, encrypted, `the key ${encrypted} is encrypted`);
    const notTogether = `the certificate ${certFile} and the key ${other.keyFile} do not belong together`;
    await refused(certFile, other.keyFile, notTogether);
  });
});

describe('a TLS handshake', () => {
  for (const host of ['localhost', '127.0.0.1']) {
    test(`with ${host}, by a client that trusts this certificate only`, async (context) => {
      const { certFile, keyFile, fingerprint } = await certificate({ data: await directory(), now: Date.now() });
      const cert = await readFile(certFile);
      const server = createServer({ cert, key: await readFile(keyFile) }, (socket) => socket.end());
      context.after(() => server.close());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      assert.ok(typeof address === 'object' && address !== null);

      const socket = await new Promise<TLSSocket>((resolve, reject) => {
        const connecting = connect({ host: '127.0.0.1', port: address.port, ca: cert, ...servername(host) });
        connecting.once('secureConnect', () => resolve(connecting)).once('error', reject);
      });
      assert.equal(socket.authorized, true);
      assert.equal(socket.getPeerCertificate().fingerprint256, fingerprint);
      socket.destroy();
    });
  }
});

/** An address is not sent as a server name (RFC 6066, section 3). */
function servername(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

test('the local names are the name and the addresses of this host', () => {
  const [name, ...addresses] = localNames();
  assert.equal(name, hostname());
  assert.ok(addresses.includes('127.0.0.1'));
  assert.ok(addresses.every((address) => isIP(address) !== 0 && !address.startsWith('fe80')));
});
