/** Where a suite's client goes, and what it goes there with. */
export interface Address {
  /** An origin. */
  readonly url: string;
  readonly key: string;
}
