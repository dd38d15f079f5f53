/** Where chat, completions and the `hf-inference` tasks are served. */
export const routerOrigin = 'https://router.huggingface.co';

/** Where models and tasks are described. */
export const hubOrigin = 'https://huggingface.co';

/** Where a GPU server stands that is one's own. */
export const gpuOrigin = 'https://gpu.example';

/**
 * The address of the real service that a path stands for. One port serves both hosts, which never
 * share a path: only the Hub's begin with `/api/`.
 */
export function realUrl(url: string): string {
  const { pathname, search } = new URL(url);
  return `${pathname.startsWith('/api/') ? hubOrigin : routerOrigin}${pathname}${search}`;
}

/** The address of a GPU server that a path stands for. */
export function gpuUrl(url: string): string {
  const { pathname, search } = new URL(url);
  return `${gpuOrigin}${pathname}${search}`;
}
