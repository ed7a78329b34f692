/** A reverse proxy that serves another server under a path, as nginx does with `location /chat/`. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface PathProxyOptions {
  /** The port of each server by its path, which has no slash at the end. */
  readonly servers: Readonly<Record<string, number>>;
  /** Whether the path is taken off before the request is passed on. */
  readonly strips: boolean;
}

export class PathProxy implements AsyncDisposable {
  /** Forwarded requests, in order: `GET /ws`. */
  readonly passed: string[] = [];
  readonly #options: PathProxyOptions;
  readonly #server: Server = createServer();
  readonly #sockets = new Set<Socket>();

  private constructor(options: PathProxyOptions) {
    this.#options = options;
    this.#server.on('request', (asked, answer) => {
      const target = this.#target(asked);
      if (!target) return void answer.writeHead(502).end();
      const { port, path } = target;
      const { method, headers } = asked;
      const onward = request({ port, host: '127.0.0.1', path, method, headers, agent: false }, (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      asked.pipe(onward);
    });
    this.#server.on('upgrade', (asked: IncomingMessage, client: Socket, head: Buffer) => {
      const target = this.#target(asked);
      if (!target) return void client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      const server = connect(target.port, '127.0.0.1');
      const lines = asked.rawHeaders.flatMap((name, index, all) => (index % 2 ? [] : [`${name}: ${all[index + 1]}`]));
      server.write(`GET ${target.path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      server.write(head);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
      }
    });
  }

  static async start(options: PathProxyOptions): Promise<PathProxy> {
    const proxy = new PathProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** `127.0.0.1:<port>` */
  get authority(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #target({ method, url = '/' }: IncomingMessage): { port: number; path: string } | undefined {
    const { servers, strips } = this.#options;
    for (const [prefix, port] of Object.entries(servers)) {
      if (!url.startsWith(`${prefix}/`) && url.split('?')[0] !== prefix) continue;
      const rest = url.slice(prefix.length);
      const path = strips ? (rest.startsWith('/') ? rest : `/${rest}`) : url;
      this.passed.push(`${method} ${path}`);
      return { port, path };
    }
    return undefined;
  }
}
