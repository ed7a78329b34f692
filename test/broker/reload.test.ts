import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Reload } from '../../src/broker/reload.ts';
import { type Config, ConfigError, loadConfig } from '../../src/config/load.ts';
import { type Certificate, CertificateError } from '../../src/edge/certificate.ts';
import type { Fields } from '../../src/observe/logger.ts';
import { PolicyError } from '../../src/policy/error.ts';

const day = 24 * 60 * 60 * 1000;

function certificateOf(name: string, validFor = 90 * day): Certificate {
  const files = { certFile: `/${name}.crt`, keyFile: `/${name}.key` };
  return { ...files, fingerprint: name, digest: name, expires: validFor, origin: 'given' };
}

/** The operator's files, and the results. */
class Scene {
  now = 0;
  config: Config;
  certificate: Certificate | Error | undefined;
  /** The error with which the broker refuses. */
  refusal: Error | undefined;
  /** The calls of the broker: the patterns of the rules, and the certificate. */
  readonly revisions: [string[], string | undefined][] = [];
  readonly records: [level: string, message: string, fields?: Fields][] = [];
  /** For which data directory and which file the certificate was read. */
  readonly reads: [string, string | undefined][] = [];
  readonly reload: Reload;

  constructor(args: readonly string[] = [], certificate?: Certificate) {
    this.config = this.load(args);
    this.certificate = certificate;
    const record = (level: string) => (message: string, fields?: Fields) => {
      this.records.push(fields ? [level, message, fields] : [level, message]);
    };
    const ignore = () => undefined;
    const logger = { trace: ignore, debug: ignore, info: record('info'), warn: record('warn'), error: record('error') };
    this.reload = new Reload({
      config: this.config,
      certificate,
      broker: {
        now: () => this.now,
        revise: (rooms, tls) => {
          if (this.refusal) throw this.refusal;
          this.revisions.push([rooms.map(({ match }) => match), tls?.certFile]);
        },
      },
      logger,
      readConfig: () => this.config,
      readCertificate: async ({ data, cert }) => {
        this.reads.push([data, cert]);
        if (this.certificate instanceof Error) throw this.certificate;
        return this.certificate ?? assert.fail('there is no TLS');
      },
    });
  }

  load(args: readonly string[]): Config {
    return loadConfig(args, {}, () => '');
  }
}

const rules = (...names: string[]) => `--rooms=${JSON.stringify(names.map((match) => ({ match, log: 'off' })))}`;
const pair = ['--cert', '/a.crt', '--key', '/a.key'];

describe('the configuration, read again', () => {
  test('brings other rules, and says so', async () => {
    const scene = new Scene([rules('a')]);
    scene.config = scene.load([rules('a', 'b')]);
    await scene.reload.configuration();
    assert.deepEqual(scene.revisions, [[['a', 'b'], undefined]]);
    assert.deepEqual(scene.records, [['info', 'the configuration was read again', { rules: 2 }]]);
  });

  test('names what needs a restart, and not what it is', async () => {
    const scene = new Scene(['--max-rooms', '7', '--rate', '10:20', '--ticket-secret', 'sixteen or more!']);
    scene.config = scene.load(['--rate', '10:30', '--ticket-secret', 'another one with a length', rules('a')]);
    await scene.reload.configuration();
    const options = ['rate', 'maxRooms', 'ticketSecret'];
    assert.deepEqual(scene.records[1], ['warn', 'options that have changed need a restart', { options }]);
    assert.doesNotMatch(JSON.stringify(scene.records), /another one/);
    scene.records.length = 0;
    await scene.reload.configuration();
    assert.equal(scene.records.length, 2, 'until then, again');
  });

  for (const [what, spoil] of [
    ['the file is wrong', (scene: Scene) => Object.defineProperty(scene, 'config', { get: () => thrown(ConfigError) })],
    ['a rule cannot be followed', (scene: Scene) => Object.assign(scene, { refusal: new PolicyError('no') })],
    ['the certificate is wrong', (scene: Scene) => Object.assign(scene, { certificate: new CertificateError('no') })],
  ] as const) {
    test(`is left alone as a whole if ${what}, with one record`, async () => {
      const scene = new Scene(['--tls', ...pair], certificateOf('a'));
      scene.config = scene.load(['--tls', ...pair, rules('a')]);
      scene.certificate = certificateOf('b');
      spoil(scene);
      await scene.reload.configuration();
      assert.deepEqual(scene.revisions, []);
      const message = 'the configuration was not reloaded; the previous one stays in force';
      assert.deepEqual(scene.records, [['error', message, { reason: 'no' }]]);
    });
  }

  test('brings a certificate that was replaced, in files of other names too; the same one is not taken anew', async () => {
    const scene = new Scene(['--tls', ...pair], certificateOf('a'));
    await scene.reload.configuration();
    assert.deepEqual(scene.revisions.pop(), [[], undefined]);
    assert.deepEqual(scene.records.pop()?.[2], { rules: 0, certificate: 'as before' });
    scene.certificate = certificateOf('b');
    scene.config = scene.load(['--tls', '--data', '/elsewhere', '--cert', '/b.crt', '--key', '/b.key']);
    await scene.reload.configuration();
    assert.deepEqual(scene.revisions.pop(), [[], '/b.crt']);
    assert.deepEqual(scene.reads.pop(), ['./data', '/b.crt'], 'another data directory needs a restart');
    assert.deepEqual(
      scene.records.map(([, message]) => message),
      ['TLS certificate', 'the configuration was read again', 'options that have changed need a restart'],
    );
    await scene.reload.configuration();
    assert.deepEqual(scene.revisions.pop(), [[], undefined]);
  });

  test('without TLS no certificate is looked for, and to turn it on needs a restart', async () => {
    const scene = new Scene();
    scene.config = scene.load(['--tls']);
    await scene.reload.configuration();
    assert.deepEqual(scene.reads, []);
    assert.deepEqual(scene.records.at(-1)?.[2], { options: ['tls'] });
  });
});

describe('the certificate, once a day', () => {
  test('is taken up if it is another one, and the rules stay', async () => {
    const scene = new Scene(['--tls', rules('a')], certificateOf('a'));
    await scene.reload.certificate();
    assert.deepEqual(scene.revisions.pop(), [['a'], undefined]);
    assert.equal(scene.records.length, 0);
    scene.certificate = certificateOf('b');
    scene.config = scene.load([rules('b')]);
    await scene.reload.certificate();
    assert.deepEqual(scene.revisions.pop(), [['a'], '/b.crt']);
    assert.deepEqual(
      scene.records.map(([, message]) => message),
      ['TLS certificate'],
    );
  });

  test('is told to end soon: the one in use', async () => {
    const scene = new Scene(['--tls'], certificateOf('a', 31 * day));
    await scene.reload.certificate();
    scene.now = 2 * day;
    await scene.reload.certificate();
    const file = '/a.crt';
    assert.deepEqual(scene.records, [['warn', 'the TLS certificate ends soon; replace it, and send SIGHUP', { file }]]);
    scene.records.length = 0;
    scene.certificate = certificateOf('b');
    await scene.reload.certificate();
    await scene.reload.certificate();
    assert.deepEqual(
      scene.records.map(([level]) => level),
      ['info'],
    );
  });

  test('stays if the new one cannot be used', async () => {
    const scene = new Scene(['--tls'], certificateOf('a'));
    scene.certificate = new CertificateError('they do not belong together');
    await scene.reload.certificate();
    const message = 'the TLS certificate cannot be read again; the one before stays in force';
    assert.deepEqual(scene.records, [['error', message, { reason: 'they do not belong together' }]]);
    assert.deepEqual(scene.revisions, []);
  });
});

test('one thing is taken up after the other', async () => {
  const scene = new Scene(['--tls'], certificateOf('a'));
  scene.certificate = certificateOf('b');
  await Promise.all([scene.reload.configuration(), scene.reload.certificate(), scene.reload.configuration()]);
  assert.deepEqual(
    scene.revisions.map(([, file]) => file),
    ['/b.crt', undefined, undefined],
  );
});

function thrown(Kind: new (message: string) => Error): never {
  throw new Kind('no');
}
