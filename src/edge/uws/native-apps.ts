/**
 * The uWebSockets.js apps of an edge: one at first, and a new one for each new certificate, because an app cannot
 * change its certificate. The first one keeps the port, and passes on accepted connections, so that none is lost. Older
 * apps keep their sockets until these close. Topics belong to an app, so a message is published in all apps.
 */
import type { Wire } from '../../protocol/dialect.ts';
import type { TlsFiles } from '../edge.ts';
import type { ListenSocket, Native, TemplatedApp, WebSocket } from './native.ts';

export interface NativeApp {
  readonly native: TemplatedApp;
  /** The number of its WebSockets. */
  sockets: number;
}

/**
 * LIBUS_LISTEN_DEFAULT and LIBUS_LISTEN_EXCLUSIVE_PORT: without the latter a second server could silently listen on the
 * same port.
 */
const sharedPort = 0;
const exclusivePort = 1;

export class NativeApps {
  readonly #native: Native;
  readonly #serve: (app: NativeApp) => void;
  readonly #first: NativeApp;
  /** The app for new connections. */
  #current: NativeApp;
  /** Apps that may have subscribers. */
  #living: NativeApp[];
  #retired: NativeApp[] = [];
  #listening: ListenSocket | undefined;

  /**
   * @param serve adds the handlers to an app.
   * @throws Error if the files of the certificate cannot be used.
   */
  constructor(native: Native, tls: TlsFiles | undefined, serve: (app: NativeApp) => void) {
    this.#native = native;
    this.#serve = serve;
    this.#first = this.#make(tls);
    this.#current = this.#first;
    this.#living = [this.#first];
  }

  /** @returns the port; undefined if it cannot be used. */
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
    // The first app has to be of the same kind as those it passes connections to: it treats them like itself.
    this.#first.native.addChildAppDescriptor(next.native.getDescriptor());
    if (before !== this.#first) this.#first.native.removeChildAppDescriptor(before.native.getDescriptor());
    this.#current = next;
    this.#retired.push(before);
    this.#living = [next, ...this.#living.filter((app) => app.sockets > 0)];
  }

  /** MUST be called for every WebSocket when it opens. */
  opened(app: NativeApp): void {
    app.sockets += 1;
    // A WebSocket may open later on a connection that is older than the certificate.
    if (app.sockets === 1 && !this.#living.includes(app)) this.#living.push(app);
  }

  /** MUST be called for every WebSocket when it closes. */
  closed(app: NativeApp): void {
    app.sockets -= 1;
    if (app.sockets === 0 && app !== this.#current) this.#living = this.#living.filter((one) => one !== app);
  }

  /** @param except is left out. */
  publish(topic: string, wire: Wire, except: WebSocket<{ readonly app: NativeApp }> | undefined): void {
    const isBinary = typeof wire !== 'string';
    // The publish of a socket excludes the socket itself.
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
