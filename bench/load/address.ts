/** The address of a server, and the credentials of a client. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** The target of an upgrade request, if it is not the usual one of the dialect. */
  readonly target?: string;
  readonly credentials?: Credentials;
}

/** The credentials that a running server needs. */
export interface Credentials {
  /** Of an app of the Pusher protocol. */
  readonly appKey?: string | undefined;
  readonly appSecret?: string | undefined;
  /** Of a connection to Centrifugo. */
  readonly token?: string | undefined;
}
