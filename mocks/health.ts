import { http } from 'msw';

/** `GET /health` of vLLM, SGLang, TGI and others. */
export function healthHandlers(origin: string) {
  return [http.get(`${origin}/health`, () => new Response(null, { status: 200 }))];
}
