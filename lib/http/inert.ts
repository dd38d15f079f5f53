/** Headers of content that may be a page with scripts, as SVG is: a browser shows it as its type says, and runs nothing. */
export const inert = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
} as const;
