/** What a recording says: the mock has no ears, and says how long it was, which at least depends on it. */
export function transcriptOf(sound: Uint8Array): { readonly text: string } {
  return { text: `A recording of ${sound.byteLength} bytes.` };
}
