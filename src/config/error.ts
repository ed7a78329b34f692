/** The configuration cannot be used. The message is one line for the user and never contains a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
