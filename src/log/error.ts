/** What is wrong with a store. */
export type LogErrorCode =
  /** The directory cannot be used: permissions, a read-only file system, not a directory. */
  | 'directory'
  /** No space left. */
  | 'space'
  /** The process may not use as much of the address space as the log needs. */
  | 'addresses'
  /** The native part of LMDB does not run on this platform. */
  | 'native'
  /** Another process has it open. */
  | 'in_use'
  /** It is damaged, or not a store at all. */
  | 'damaged'
  /** It was written by a newer version. */
  | 'newer'
  /** It was written by an older version, in a way that this one does not read. */
  | 'older'
  /** Entries could not be committed when the log was closed. */
  | 'unsaved'
  /** The input of an import cannot be imported. */
  | 'import';

/** A store cannot be used. The message is one line for a person. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
