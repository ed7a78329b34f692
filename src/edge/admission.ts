import { limitKey } from './address.ts';

/** The limits on connections, in all and from one address. */
export interface AdmissionLimits {
  readonly connections: number;
  /** 0: no limit. */
  readonly perAddress: number;
}

/** An HTTP answer that refuses an upgrade. */
export interface Rejection {
  readonly status:
    | '400 Bad Request'
    | '403 Forbidden'
    | '426 Upgrade Required'
    | '429 Too Many Requests'
    | '503 Service Unavailable';
  readonly header?: readonly [name: string, value: string];
  readonly message: string;
}

/** When a refused client may come again, in seconds. */
export const retryAfter: readonly [name: string, value: string] = ['retry-after', '5'];

/** Counts connections, and refuses them before a socket is upgraded. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #byAddress = new Map<string, number>();
  #all = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  refuse(address: string): Rejection | undefined {
    const { connections, perAddress } = this.#limits;
    if (this.#all >= connections) {
      const message = `the server is at its limit of ${connections} connections`;
      return { status: '503 Service Unavailable', header: retryAfter, message };
    }
    if (perAddress > 0 && (this.#byAddress.get(limitKey(address)) ?? 0) >= perAddress) {
      const message = `your address is at its limit of ${perAddress} connections`;
      return { status: '429 Too Many Requests', header: retryAfter, message };
    }
    return undefined;
  }

  enter(address: string): void {
    this.#all += 1;
    const key = limitKey(address);
    this.#byAddress.set(key, (this.#byAddress.get(key) ?? 0) + 1);
  }

  leave(address: string): void {
    this.#all -= 1;
    const key = limitKey(address);
    const left = (this.#byAddress.get(key) ?? 0) - 1;
    if (left > 0) this.#byAddress.set(key, left);
    else this.#byAddress.delete(key);
  }
}
