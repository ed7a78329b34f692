/** The WebSocket of the terminal: which certificates it trusts, and why it could not connect, in words for a person. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import type { WebSocketConstructor } from '../../client/socket.ts';

export interface Trust {
  /** Certificates to trust, in PEM. */
  readonly ca?: Buffer | undefined;
  /** SHA-256 of the one certificate to trust: 64 hexadecimal digits, in upper case. */
  readonly fingerprint?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** How long to wait for the answer to a question about the server, in milliseconds. */
const patience = 2000;

/** How much of an answer is read, in bytes. */
const manyBytes = 2000;

export function socketWith({ ca, fingerprint, insecure }: Trust): WebSocketConstructor {
  const options: ClientOptions = {
    ...(ca && { ca }),
    ...(insecure && { rejectUnauthorized: false }),
    ...(fingerprint !== undefined && { createConnection: pinned(fingerprint) }),
  };
  return class extends ExplainedSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols, options);
    }
  } as WebSocketConstructor;
}

class ExplainedSocket extends WebSocket {
  /** Why the answer to the handshake is none. */
  #refusal: Promise<string> | undefined;
  #explained: Promise<unknown> | undefined;

  constructor(url: string, protocols: string | string[] | undefined, options: ClientOptions) {
    super(url, protocols, options);
    this.once('unexpected-response', (_request: ClientRequest, response: IncomingMessage) => {
      this.#refusal = explainAnswer(response, new URL(url));
      void this.#refusal.then(() => this.terminate());
    });
  }

  /** An error before the connection is open waits until it is explained, and `close` waits for the error. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const [error] = args;
    if (event === 'error' && error instanceof Error && this.readyState !== WebSocket.OPEN && !this.#explained) {
      const why = this.#refusal ?? explain(error, new URL(this.url));
      this.#explained = why.then((message) => super.emit('error', new Error(message)));
      return true;
    }
    if (event === 'close' && this.#explained) {
      void this.#explained.then(() => super.emit(event, ...args));
      return true;
    }
    return super.emit(event, ...args);
  }
}

/** Makes connections to a server with this certificate only: to another one nothing is sent. */
function pinned(fingerprint: string): NonNullable<ClientOptions['createConnection']> {
  const create = (options: ConnectionOptions, done: (error: Error | null, socket?: Socket) => void): undefined => {
    const socket = connect({ ...toServer(options.host ?? '', options.port ?? 443), rejectUnauthorized: false });
    socket.once('error', done);
    socket.once('secureConnect', () => {
      socket.off('error', done);
      const shown = fingerprintOf(socket);
      if (shown === fingerprint) return done(null, socket);
      socket.destroy();
      done(new Error(`its certificate has another fingerprint: ${withColons(shown)}`));
    });
  };
  // Node's requests take it; the types of `ws` know only the other form, which returns the socket.
  return create as unknown as NonNullable<ClientOptions['createConnection']>;
}

function toServer(host: string, port: number | string): ConnectionOptions {
  return { host, port: Number(port), ...(isIP(host) === 0 && { servername: host }) };
}

/** The certificate that was shown may be none. */
function fingerprintOf(socket: TLSSocket): string {
  return (socket.getPeerCertificate().fingerprint256 ?? '').replaceAll(':', '');
}

/** As most programs write it. */
function withColons(fingerprint: string): string {
  return fingerprint.replace(/..(?=.)/g, '$&:');
}

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

async function explain(error: Error & { readonly code?: string }, url: URL): Promise<string> {
  const { code = '', message } = error;
  if (/wrong version number|packet length too long|record layer/i.test(message)) {
    return `this server does not speak TLS: use ws://${url.host}`;
  }
  if (untrusted.has(code)) {
    const fingerprint = await fingerprintAt(url);
    const pin = fingerprint === undefined ? '--fingerprint' : `--fingerprint ${withColons(fingerprint)}`;
    return `its certificate is self-signed, or of an unknown authority: trust it with ${pin} (if that is the one the server tells at its start), --ca FILE, or --insecure`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `its certificate is for another name than ${url.hostname}`;
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired';
  if (/subprotocol/i.test(message)) return 'this server takes WebSockets, but is not a Hubbub';
  if (code.startsWith('HPE_') || code === 'ECONNRESET' || message === 'socket hang up') {
    if (url.protocol === 'ws:' && (await fingerprintAt(url)) !== undefined) {
      return `this server speaks TLS: use wss://${url.host}`;
    }
    if (code.startsWith('HPE_')) return 'this server does not speak HTTP: it is not a Hubbub';
  }
  return message;
}

/** @returns the fingerprint of the server's certificate; undefined if it does not speak TLS. */
function fingerprintAt({ hostname, port }: URL): Promise<string | undefined> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({ ...toServer(host, port || 443), rejectUnauthorized: false, timeout: patience });
    const end = (found?: string) => {
      socket.destroy();
      resolve(found);
    };
    socket.once('secureConnect', () => end(fingerprintOf(socket)));
    socket.once('timeout', () => end());
    socket.once('error', () => end());
  });
}

/** An answer that is no WebSocket. */
async function explainAnswer(response: IncomingMessage, { pathname }: URL): Promise<string> {
  const { statusCode = 0, statusMessage, headers } = response;
  const status = `${statusCode} ${statusMessage}`.trim();
  const text = await beginningOf(response);
  if (text.startsWith('there is nothing at this path'))
    return `this Hubbub has nothing at ${pathname}: the path is wrong`;
  if (headers.location !== undefined) return `the server sends us to ${headers.location} (${status})`;
  const isWords = headers['content-type']?.startsWith('text/plain') ?? false;
  const [line = ''] = text.split(/\r?\n/);
  if (statusCode >= 400 && statusCode !== 404 && isWords && line !== '')
    return `the server refuses: ${line} (${status})`;
  return `the path is wrong, or this is not a Hubbub: it answers ${status}`;
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => response.destroy(), patience);
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.length > manyBytes) break;
    }
  } catch {
    // What came before it was cut off is enough.
  }
  clearTimeout(timer);
  return text;
}
