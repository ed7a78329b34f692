/** Several edge processes as one edge: they share the port, and the system distributes the connections. */
import { setTimeout as wait } from 'node:timers/promises';
import type { ConnectionId } from '../../hub/user.ts';
import type { Wire } from '../../protocol/dialect.ts';
import type { Edge, EdgeOptions, TlsFiles } from '../edge.ts';
import type { EdgeHandlers } from '../handlers.ts';
import { Link, type Program, type RemoteConnection } from './link.ts';

export interface EdgePoolOptions {
  /** How many edge processes there are. */
  readonly size: number;
  readonly program: Program;
  readonly edge: EdgeOptions;
  readonly started: (pid: number | undefined) => void;
  /** One has ended unexpectedly; a new one is started after this pause, in milliseconds. */
  readonly failed: (failure: { pid: number | undefined; reason: string; pause: number }) => void;
}

/** How long edge processes may take to end, in milliseconds. */
const patience = 1000;

/**
 * After this uptime, in milliseconds, one is replaced at once; otherwise after a pause that grows with every failure.
 */
const calm = 60_000;
const firstPause = 100;
const longestPause = 10_000;

export class EdgePool implements Edge {
  readonly #options: EdgePoolOptions;
  /** How edge processes are started from now on. */
  #edge: EdgeOptions;
  readonly #handlers: EdgeHandlers;
  readonly #links = new Set<Link>();
  readonly #connections = new Map<ConnectionId, RemoteConnection>();
  readonly #closing = new AbortController();

  constructor(options: EdgePoolOptions, handlers: EdgeHandlers) {
    this.#options = options;
    this.#edge = options.edge;
    this.#handlers = handlers;
  }

  /**
   * @param port not 0
   * @throws Error if an edge process cannot be started.
   */
  async listen(host: string, port: number): Promise<number | undefined> {
    const links = Array.from({ length: this.#options.size }, () => this.#start(host, port));
    const listening = await Promise.all(links.map((link) => this.#listening(link)));
    if (!listening.every(Boolean)) {
      await this.#end(links);
      return undefined;
    }
    for (const link of links) {
      this.#replace(link, host, port).catch((error: unknown) =>
        this.#handlers.failed('an edge process that ended cannot be replaced', error),
      );
    }
    return port;
  }

  /**
   * New connections get this certificate; an edge process that cannot use its files reports that, and keeps the old
   * one.
   */
  renewCertificate(tls: TlsFiles): void {
    this.#edge = { ...this.#edge, tls };
    for (const link of this.#links) link.call('renewCertificate', tls);
  }

  /** Ends the edge processes, which drop the sockets that are left. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#end([...this.#links]);
  }

  // ---- the port

  send(connection: ConnectionId, wire: Wire): void {
    this.#with(connection, ({ link, name }) => link.call('send', name, wire));
  }

  sendEphemeral(connection: ConnectionId, wire: Wire): void {
    this.#with(connection, ({ link, name }) => link.call('sendEphemeral', name, wire));
  }

  sendAll(connection: ConnectionId, wires: readonly Wire[]): void {
    this.#with(connection, ({ link, name }) => link.call('sendAll', name, wires));
  }

  /** Sends the message once to each of the edge processes. */
  sendEach(connections: readonly ConnectionId[], wire: Wire): void {
    const names = new Map<Link, ConnectionId[]>();
    for (const connection of connections) {
      this.#with(connection, ({ link, name }) => {
        const those = names.get(link);
        if (those) those.push(name);
        else names.set(link, [name]);
      });
    }
    for (const [link, those] of names) link.call('sendEach', those, wire);
  }

  sendSoon(connection: ConnectionId, wire: Wire): void {
    this.#with(connection, ({ link, name }) => link.call('sendSoon', name, wire));
  }

  publish(topic: string, wire: Wire, except?: ConnectionId): void {
    this.#publish('publish', topic, wire, except);
  }

  publishEphemeral(topic: string, wire: Wire, except?: ConnectionId): void {
    this.#publish('publishEphemeral', topic, wire, except);
  }

  subscribe(connection: ConnectionId, topic: string, ephemeral: boolean): void {
    this.#with(connection, (remote) => remote.link.subscribe(remote, topic, ephemeral));
  }

  unsubscribe(connection: ConnectionId, topic: string): void {
    this.#with(connection, (remote) => remote.link.unsubscribe(remote, topic));
  }

  subscriberCount(topic: string): number {
    return [...this.#links].reduce((sum, link) => sum + link.subscriberCount(topic), 0);
  }

  subscribers(topic: string): readonly ConnectionId[] {
    const found: ConnectionId[] = [];
    for (const [id, { topics }] of this.#connections) if (topics.has(topic)) found.push(id);
    return found;
  }

  whenDrained(connection: ConnectionId): void {
    this.#with(connection, ({ link, name }) => link.call('whenDrained', name));
  }

  disconnect(connection: ConnectionId, code: number, reason: string): void {
    this.#with(connection, ({ link, name }) => link.call('disconnect', name, code, reason));
  }

  #with(id: ConnectionId, then: (connection: RemoteConnection) => void): void {
    const connection = this.#connections.get(id);
    if (connection) then(connection);
  }

  /** Only to processes with subscribers. */
  #publish(how: 'publish' | 'publishEphemeral', topic: string, wire: Wire, except: ConnectionId | undefined): void {
    const spared = except === undefined ? undefined : this.#connections.get(except);
    for (const link of this.#links) {
      if (link.hasSubscribers(topic)) link.call(how, topic, wire, spared?.link === link ? spared.name : undefined);
    }
  }

  // ---- edge processes

  #start(host: string, port: number): Link {
    const { program, started } = this.#options;
    const link = new Link(program, this.#handlers, {
      opened: (connection) => this.#connections.set(connection.session.id, connection),
      closed: ({ session }) => this.#connections.delete(session.id),
      pace: () => this.#pace(),
    });
    this.#links.add(link);
    link.call('start', this.#edge, host, port);
    started(link.pid);
    return link;
  }

  async #listening(link: Link): Promise<boolean> {
    const failure = link.ended.then((reason) => Promise.reject(new Error(reason)));
    return await Promise.race([link.listening, failure]);
  }

  async #end(links: readonly Link[]): Promise<void> {
    for (const link of links) link.call('close');
    const timer = setTimeout(() => {
      for (const link of links) link.kill('it did not end when it was asked to');
    }, patience);
    await Promise.all(links.map((link) => link.ended));
    clearTimeout(timer);
    for (const link of links) this.#links.delete(link);
  }

  /** Starts a new process whenever one ends. */
  async #replace(first: Link, host: string, port: number): Promise<void> {
    let pause = 0;
    for (let link = first; ; link = this.#start(host, port)) {
      const start = performance.now();
      void link.listening.then((isListening) => {
        if (!isListening) link.kill(`it cannot listen on ${host}:${port}`);
      });
      const reason = await link.ended;
      this.#links.delete(link);
      this.#pace();
      if (this.#closing.signal.aborted) return;
      if (performance.now() - start > calm) pause = 0;
      this.#options.failed({ pid: link.pid, reason, pause });
      await wait(pause, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      if (this.#closing.signal.aborted) return;
      pause = Math.min(Math.max(firstPause, 2 * pause), longestPause);
    }
  }

  /**
   * While some of them are behind, the others are not read, so that no more comes in than goes out. Those that are
   * behind are still read: otherwise they would block on their own output, and take nothing.
   */
  #pace(): void {
    const links = [...this.#links];
    const isSomeBehind = links.some((link) => link.isBehind);
    for (const link of links) link.listen(!isSomeBehind || link.isBehind);
  }
}
