import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { getSystemErrorMap } from 'node:util';

const hour = 3_600_000;
const day = 24 * hour;
/** Browsers refuse certificates valid for more than 398 days. */
const validFor = 397 * day;
/** How long before its end the server's own certificate is renewed, in milliseconds. */
export const renewBefore = 30 * day;
const localhost = ['localhost', '127.0.0.1', '::1'];

/**
 * Thrown when there is no certificate to serve TLS with. The message is one line, for the person who starts the server.
 */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

export interface CertificateOptions {
  /** The data directory. The server's own certificate is kept below it, in `tls/`. */
  readonly data: string;
  /** A PEM file with the certificate, followed by those of its issuers. Goes with `key`. */
  readonly cert?: string;
  /** A PEM file with the private key, not encrypted. Goes with `cert`. */
  readonly key?: string;
  /** In milliseconds since 1970. */
  readonly now: number;
  /** Names and addresses a self-signed certificate is for, besides localhost, 127.0.0.1 and ::1. */
  readonly hosts?: readonly string[];
}

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** SHA-256 of the certificate: upper-case hex, a colon between the bytes. */
  readonly fingerprint: string;
  /** A digest of both files: it changes with the certificate, its issuers or the key. */
  readonly digest: string;
  /** In milliseconds since 1970. */
  readonly expires: number;
  /**
   * `made`: there was none; `kept`: made at an earlier start; `renewed`: took the place of one that was old or
   * unusable.
   */
  readonly origin: 'given' | 'made' | 'kept' | 'renewed';
  /** One line for the log. */
  readonly warning?: string;
}

/**
 * The certificate to serve TLS with: the one given, or the server's own, which is self-signed and made when needed.
 *
 * The server's own is renewed when fewer than 30 days are left, or when its files are unusable. It is not renewed when
 * `hosts` change: a container has a new name at every start, and clients may have pinned the fingerprint.
 *
 * @throws {CertificateError} when given files are unusable, or own files cannot be read or written.
 */
export async function certificate(options: CertificateOptions): Promise<Certificate> {
  const { data, cert, key, now, hosts = [] } = options;
  if (cert !== undefined && key !== undefined) return given(cert, key, now);
  if (cert !== undefined || key !== undefined) throw new CertificateError('--cert and --key go together: give both');
  return own(join(data, 'tls'), hosts, now);
}

/** The name of this host and the addresses of its network interfaces. */
export function localNames(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    // A link-local address means nothing without the interface, which a certificate cannot name.
    .filter((address) => address.family === 'IPv4' || address.scopeid === 0)
    .map((address) => address.address);
  return [hostname(), ...addresses];
}

async function given(certFile: string, keyFile: string, now: number): Promise<Certificate> {
  const pair = await load(certFile, keyFile);
  const end = new Date(pair.expires).toISOString().slice(0, 10);
  if (pair.expires <= now) throw new CertificateError(`the certificate ${certFile} ended on ${end}`);
  if (pair.expires - now >= renewBefore) return { ...pair, origin: 'given' };
  return { ...pair, origin: 'given', warning: `the certificate ${certFile} ends on ${end}` };
}

async function own(directory: string, hosts: readonly string[], now: number): Promise<Certificate> {
  const certFile = join(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  const certText = await readText(certFile);
  const keyText = await readText(keyFile);
  if (certText === undefined && keyText === undefined) {
    await make(directory, certFile, keyFile, hosts, now);
    return { ...(await load(certFile, keyFile)), origin: 'made' };
  }

  let fault: string | undefined;
  try {
    const pair = check(certFile, certText, keyFile, keyText);
    if (pair.expires - now >= renewBefore) return { ...pair, origin: 'kept' };
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    fault = error.message;
  }
  await make(directory, certFile, keyFile, hosts, now);
  const renewed = { ...(await load(certFile, keyFile)), origin: 'renewed' } as const;
  if (fault === undefined) return renewed;
  return { ...renewed, warning: `${fault}: replaced by a new self-signed certificate, the old files end in .old` };
}

type Pair = Pick<Certificate, 'certFile' | 'keyFile' | 'fingerprint' | 'digest' | 'expires'>;

async function load(certFile: string, keyFile: string): Promise<Pair> {
  return check(certFile, await readText(certFile), keyFile, await readText(keyFile));
}

function check(certFile: string, certText: string | undefined, keyFile: string, keyText: string | undefined): Pair {
  if (certText === undefined) throw new CertificateError(`the certificate ${certFile}: no such file`);
  if (keyText === undefined) throw new CertificateError(`the key ${keyFile}: no such file`);
  const parsed = parseCertificate(certFile, certText);
  if (!parsed.checkPrivateKey(parseKey(keyFile, keyText))) {
    throw new CertificateError(`the certificate ${certFile} and the key ${keyFile} do not belong together`);
  }
  const digest = createHash('sha256').update(certText).update(keyText).digest('base64url');
  return { certFile, keyFile, fingerprint: parsed.fingerprint256, digest, expires: Date.parse(parsed.validTo) };
}

function parseCertificate(file: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw new CertificateError(`the certificate ${file} is not a certificate in PEM format`, { cause });
  }
}

function parseKey(file: string, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    // OpenSSL's error for a missing passphrase differs between the versions of Node.
    const fault = text.includes('ENCRYPTED') ? 'is encrypted' : 'is not a private key in PEM format';
    throw new CertificateError(`the key ${file} ${fault}`, { cause });
  }
}

async function make(
  directory: string,
  certFile: string,
  keyFile: string,
  hosts: readonly string[],
  now: number,
): Promise<void> {
  const { cert, key } = await selfSigned(hosts, now);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await replace(keyFile, key, 0o600);
    await replace(certFile, cert, 0o644);
  } catch (cause) {
    throw new CertificateError(`cannot write ${directory}: ${reason(cause)}`, { cause });
  }
}

async function selfSigned(hosts: readonly string[], now: number): Promise<{ cert: string; key: string }> {
  // Loading it takes a quarter of a second, and most starts do not need it.
  const { generate } = await import('selfsigned');
  const altNames = [...new Set([...localhost, ...hosts])].map((host) =>
    isIP(host) === 0 ? ({ type: 2, value: host } as const) : ({ type: 7, ip: host } as const),
  );
  const made = await generate([{ name: 'commonName', value: 'Hubbub' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // The clock of a client may be behind.
    notBeforeDate: new Date(now - hour),
    notAfterDate: new Date(now + validFor),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** Writes a file whole or not at all. What was there before is kept as `*.old`. */
async function replace(file: string, text: string, mode: number): Promise<void> {
  const written = `${file}.new`;
  await rm(written, { force: true });
  const handle = await open(written, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(file, `${file}.old`).catch((error: unknown) => {
    if (code(error) !== 'ENOENT') throw error;
  });
  await rename(written, file);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (code(cause) === 'ENOENT') return undefined;
    throw new CertificateError(`cannot read ${file}: ${reason(cause)}`, { cause });
  }
}

function code(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function reason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
}
