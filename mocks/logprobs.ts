interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  /** In UTF-8. */
  readonly bytes: readonly number[];
}

interface Logprobs {
  readonly content: readonly (TokenLogprob & { readonly top_logprobs: readonly TokenLogprob[] })[];
  readonly refusal: null;
}

/**
 * How likely a model found its tokens. The mock is as sure of each, and knows of no other in its place: so many of the
 * most likely as are asked for are at most the token itself.
 */
export function logprobsOf(tokens: readonly string[], top: number): Logprobs {
  const content = tokens.map((token) => {
    const own = { token, logprob, bytes: [...Buffer.from(token)] };
    return { ...own, top_logprobs: top > 0 ? [own] : [] };
  });
  return { content, refusal: null };
}

/** Of a token that is 99 % likely. */
const logprob = Math.log(0.99);
