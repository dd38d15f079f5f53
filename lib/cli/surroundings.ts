/** What a command is run in. */
export interface Surroundings {
  /** The project's root. */
  readonly root: string;
  /** Aborts when the command is to end. */
  readonly signal: AbortSignal;
}
