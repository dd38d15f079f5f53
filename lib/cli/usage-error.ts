/** The words of the command line are none that the command takes: the message says which and what it takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
