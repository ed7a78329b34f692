/** What the operator asks for rooms cannot be done. The message is one line for a person. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}
