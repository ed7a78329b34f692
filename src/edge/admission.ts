/** How many connections there may be, in all and from one address. */
export interface AdmissionLimits {
  readonly connections: number;
  /** 0: no limit. */
  readonly perAddress: number;
}

/** An HTTP answer that refuses an upgrade. */
export interface Rejection {
  readonly status: '429 Too Many Requests' | '503 Service Unavailable';
  readonly message: string;
}

/** Counts connections, and says no before a socket is upgraded. */
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
      return { status: '503 Service Unavailable', message: `the server has its ${connections} connections` };
    }
    if (perAddress > 0 && (this.#byAddress.get(address) ?? 0) >= perAddress) {
      return { status: '429 Too Many Requests', message: `there are ${perAddress} connections from your address` };
    }
    return undefined;
  }

  enter(address: string): void {
    this.#all += 1;
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
  }

  leave(address: string): void {
    this.#all -= 1;
    const left = (this.#byAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}
