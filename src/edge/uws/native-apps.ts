/**
 * The apps of uWebSockets.js that an edge has: one, and another one for each new certificate, since an app keeps the one it
 * began with. The first has the port for good, and passes on what it accepts; so nothing that waits to be accepted is lost.
 * Those before the current one keep their sockets until they close. Topics belong to an app, and a message goes out in all.
 */
import type { Wire } from '../../protocol/dialect.ts';
import type { TlsFiles } from '../edge.ts';
import type { ListenSocket, Native, TemplatedApp, WebSocket } from './native.ts';

export interface NativeApp {
  readonly native: TemplatedApp;
  /** How many WebSockets it has. */
  sockets: number;
}

/**
 * LIBUS_LISTEN_DEFAULT and LIBUS_LISTEN_EXCLUSIVE_PORT: without that a second server could listen on the same port
 * unnoticed.
 */
const sharedPort = 0;
const exclusivePort = 1;

export class NativeApps {
  readonly #native: Native;
  readonly #serve: (app: NativeApp) => void;
  readonly #first: NativeApp;
  /** Has the connections that are accepted from now on. */
  #current: NativeApp;
  /** Those in which somebody may be subscribed to something. */
  #living: NativeApp[];
  #retired: NativeApp[] = [];
  #listening: ListenSocket | undefined;

  /**
   * @param serve sees to it that an app answers.
   * @throws Error if the files of the certificate cannot be used.
   */
  constructor(native: Native, tls: TlsFiles | undefined, serve: (app: NativeApp) => void) {
    this.#native = native;
    this.#serve = serve;
    this.#first = this.#make(tls);
    this.#current = this.#first;
    this.#living = [this.#first];
  }

  /** @returns the port; undefined if it cannot be had. */
  listen(host: string, port: number, shared: boolean): number | undefined {
    this.#first.native.listen(host, port, shared ? sharedPort : exclusivePort, (socket) => {
      this.#listening = socket || undefined;
    });
    return this.#listening && this.#native.us_socket_local_port(this.#listening);
  }

  /**
   * New connections get this certificate. Not for an edge without one.
   * @throws Error if its files cannot be used; nothing has changed then.
   */
  renew(tls: TlsFiles): void {
    const before = this.#current;
    const next = this.#make(tls);
    // The first has to be of the same kind as those that it passes on to: it treats them as what it is itself.
    this.#first.native.addChildAppDescriptor(next.native.getDescriptor());
    if (before !== this.#first) this.#first.native.removeChildAppDescriptor(before.native.getDescriptor());
    this.#current = next;
    this.#retired.push(before);
    this.#living = [next, ...this.#living.filter((app) => app.sockets > 0)];
  }

  /** To be told of every WebSocket: it is open. */
  opened(app: NativeApp): void {
    app.sockets += 1;
    // On a connection that was there before the certificate a WebSocket may open later.
    if (app.sockets === 1 && !this.#living.includes(app)) this.#living.push(app);
  }

  /** It is closed. */
  closed(app: NativeApp): void {
    app.sockets -= 1;
    if (app.sockets === 0 && app !== this.#current) this.#living = this.#living.filter((one) => one !== app);
  }

  /** @param except is left out. */
  publish(topic: string, wire: Wire, except: WebSocket<{ readonly app: NativeApp }> | undefined): void {
    const isBinary = typeof wire !== 'string';
    // A socket's own publish leaves itself out.
    except?.publish(topic, wire, isBinary);
    if (except && this.#living.length === 1) return;
    const done = except?.getUserData().app;
    for (const app of this.#living) if (app !== done) app.native.publish(topic, wire, isBinary);
  }

  /** How many sockets are subscribed to a topic. */
  subscriberCount(topic: string): number {
    return this.#living.reduce((sum, { native }) => sum + native.numSubscribers(topic), 0);
  }

  /** Stops listening and drops the sockets that are left. */
  close(): void {
    if (this.#listening) this.#native.us_listen_socket_close(this.#listening);
    this.#listening = undefined;
    for (const { native } of [...this.#retired, this.#current]) native.close();
  }

  #make(tls: TlsFiles | undefined): NativeApp {
    const { App, SSLApp } = this.#native;
    const native = tls ? SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile }) : App();
    const app = { native, sockets: 0 };
    this.#serve(app);
    return app;
  }
}
