/** Applies changes while the server runs: new rules for rooms, and a new certificate. */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/load.ts';
import { type Certificate, renewBefore } from '../edge/certificate.ts';
import type { Logger } from '../observe/logger.ts';
import type { Broker } from './broker.ts';

export interface ReloadOptions {
  /** The configuration at the start. */
  readonly config: Config;
  /** The certificate that was loaded then; undefined without TLS. */
  readonly certificate: Certificate | undefined;
  readonly broker: Pick<Broker, 'revise' | 'now'>;
  readonly logger: Logger;
  /** Reads the configuration again, as at the start. @throws ConfigError */
  readonly readConfig: () => Config;
  /** Reads the certificate again; the server's own is renewed if that is due. @throws CertificateError */
  readonly readCertificate: (config: Config, now: number) => Promise<Certificate>;
}

/** Every other option needs a restart. */
const taken: ReadonlySet<string> = new Set(['rooms', 'cert', 'key'] satisfies (keyof Config)[]);

export class Reload {
  readonly #options: ReloadOptions;
  /** Its rules for rooms and its certificate are in force. */
  #config: Config;
  #certificate: Certificate | undefined;
  /** Reloads run one after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: ReloadOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#certificate = options.certificate;
  }

  /** Applies the whole configuration, or nothing if anything is wrong with it. Logs the result. */
  configuration(): Promise<void> {
    return this.#next('the configuration was not reloaded; the previous one stays in force', async () => {
      const { config: started, logger, readConfig } = this.#options;
      const found = readConfig();
      const isNew = await this.#take({ ...found, data: started.data });
      logger.info('the configuration was read again', {
        rules: found.rooms.length,
        ...(this.#certificate && { certificate: isNew ? 'new' : 'as before' }),
      });
      const keys = Object.keys({ ...started, ...found }) as (keyof Config)[];
      const options = keys.filter((key) => !taken.has(key) && !isDeepStrictEqual(found[key], started[key]));
      if (options.length > 0) logger.warn('options that have changed need a restart', { options });
    });
  }

  /**
   * Call it once a day: it loads a certificate that was replaced, renews the server's own, and warns of one that ends
   * soon.
   */
  certificate(): Promise<void> {
    return this.#next('the TLS certificate cannot be read again; the one before stays in force', async () => {
      await this.#take(this.#config);
      if (this.#certificate) warnBeforeEnd(this.#certificate, this.#options.broker.now(), this.#options.logger);
    });
  }

  /** @returns whether the certificate has changed. */
  async #take(config: Config): Promise<boolean> {
    const { broker, logger, readCertificate } = this.#options;
    const found = this.#certificate && (await readCertificate(config, broker.now()));
    const isNew = found !== undefined && found.digest !== this.#certificate?.digest;
    broker.revise(config.rooms, isNew ? found : undefined);
    this.#config = config;
    if (!isNew) return false;
    this.#certificate = found;
    tellCertificate(found, logger);
    return true;
  }

  #next(failed: string, step: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(step).catch((error: unknown) => {
      this.#options.logger.error(failed, { reason: error instanceof Error ? error.message : String(error) });
    });
    return this.#last;
  }
}

export function tellCertificate(found: Certificate, logger: Logger): void {
  const { certFile: file, fingerprint, expires, origin, warning } = found;
  if (warning !== undefined) logger.warn(warning);
  logger.info('TLS certificate', { file, origin, fingerprint, expires: new Date(expires).toISOString() });
}

function warnBeforeEnd({ certFile: file, expires }: Certificate, now: number, logger: Logger): void {
  if (expires - now < renewBefore) logger.warn('the TLS certificate ends soon; replace it, and send SIGHUP', { file });
}
