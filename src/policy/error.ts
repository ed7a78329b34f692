/** The operator's rules for rooms cannot be used. The message is one line for a person. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}
