/** Where a server is, and what a client shows it. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** The target of an upgrade request, where it is not the one that is usual for the dialect. */
  readonly target?: string;
  readonly credentials?: Credentials;
}

/** What a server that runs already asks for. */
export interface Credentials {
  /** Of an app of the Pusher protocol. */
  readonly appKey?: string | undefined;
  readonly appSecret?: string | undefined;
  /** Of a connection to Centrifugo. */
  readonly token?: string | undefined;
}
