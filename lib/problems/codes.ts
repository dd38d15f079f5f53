interface ProblemType {
  readonly status: number;
  readonly title: string;
  /** When this happens, and what mends it: the entry in `docs/errors.md`. */
  readonly cause: string;
  readonly mend: string;
}

/** Every error that the service answers with, once. */
export const problemTypes = {
  'malformed-body': {
    status: 400,
    title: 'The body could not be read',
    cause: 'The body is not the JSON, or not the multipart form, that its content type promises.',
    mend: 'Send a JSON object, encoded as UTF-8, or a form as RFC 7578 has it.',
  },
  'bad-request': {
    status: 400,
    title: 'The request could not be understood',
    cause: 'The URL or a header is malformed.',
    mend: 'See the detail.',
  },
  'digest-mismatch': {
    status: 400,
    title: 'The content is not what its digest says',
    cause: 'The bytes that came have another digest than `Content-Digest` or `Repr-Digest` says.',
    mend: 'Send them again.',
  },
  'checksum-mismatch': {
    status: 460,
    title: 'The bytes are not what their checksum says',
    cause: 'The bytes that came have another checksum than `Upload-Checksum` says. None of them count.',
    mend: 'Send them again, from the same offset.',
  },
  unauthorized: {
    status: 401,
    title: 'A valid key is needed',
    cause: 'The request has no key, or not the right one.',
    mend: 'Send `Authorization: Bearer <HEADY_API_KEY>` or `x-heady-api-key`.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    cause:
      'The caller is known and may not do this; or a session of the admin page comes with a request that the page has not sent.',
    mend: 'Use a key that may.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    cause: 'No route has this path, or the thing it names is not there.',
    mend: 'Check the path against the files under `routes/`.',
  },
  'model-not-found': {
    status: 404,
    title: 'No such model',
    cause: 'No inference backend has the model.',
    mend: "The detail is the backend's own; `GET /v1/models` lists the models for chat.",
  },
  'worker-not-found': {
    status: 404,
    title: 'No such Python function',
    cause: 'No file in `workers/` has this name, or it has no public function of this name.',
    mend: 'See the near names in the detail, or `GET /api/workers`.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    cause: 'The path is there, but not with this method.',
    mend: 'Use one of the methods in `Allow`.',
  },
  'not-acceptable': {
    status: 406,
    title: 'Not to be had in that form',
    cause: 'The request accepts a stream only, and the function is no generator.',
    mend: 'Accept `application/json`, or have the function yield its items.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not come in time',
    cause:
      'The head of the request took longer than its time limit, or less than 1 KB of a body came in 30 s.',
    mend: 'Send the request at once; an upload by tus goes on from where it was: ask by HEAD how far that is.',
  },
  'storage-not-persistent': {
    status: 409,
    title: 'There is no storage that lasts',
    cause: 'The request asks for persistent storage, and the service has none.',
    mend: 'Mount a disk and set `HEADY_DATA_DIR` to its path, or set `S3_BUCKET`, or leave `durability` out: the file is then gone with the next deploy.',
  },
  conflict: {
    status: 409,
    title: 'It is not as the request takes it to be',
    cause:
      'The file is being changed by another request at this moment; or an upload has more or fewer bytes than `Upload-Offset` says.',
    mend: 'Read the file again, and try again; ask by HEAD how far the upload is, and go on from there.',
  },
  gone: {
    status: 410,
    title: 'It is there no more',
    cause: 'The upload was not finished within `HEADY_UPLOAD_TTL`.',
    mend: 'Begin a new one.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The file is another by now',
    cause:
      'What `If-Match` or `If-None-Match` asks for does not hold; or a file whose key a call gives was replaced or deleted while the call waited.',
    mend: 'Read the file again, and decide by what it is now.',
  },
  'unsupported-version': {
    status: 412,
    title: 'Unsupported version of tus',
    cause: 'The request has no `Tus-Resumable` header, or one of another version than 1.0.0.',
    mend: 'Send `Tus-Resumable: 1.0.0`.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    cause:
      'The body is larger than `HEADY_MAX_BODY`, or than `HEADY_MAX_UPLOAD` where it is a form with files; or a form has too many parts, or too large a field that is no file.',
    mend: 'Send less, or raise the limit; send what is large as a file.',
  },
  'upgrade-required': {
    status: 426,
    title: 'A WebSocket is needed',
    cause: 'The route takes WebSockets alone, or another version of their protocol.',
    mend: 'Connect by a client for WebSockets.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported content type',
    cause: 'The body is of a type that this endpoint does not read.',
    mend: 'Send `content-type: application/json`.',
  },
  'range-not-satisfiable': {
    status: 416,
    title: 'No part of the range is in the file',
    cause: 'The range of the request begins beyond the end of the file.',
    mend: '`Content-Range` says how long the file is.',
  },
  'invalid-input': {
    status: 422,
    title: 'The input is not valid',
    cause: 'The input does not fit the types of the route or function.',
    mend: 'Each entry of `errors` points at a field and says what it should be.',
  },
  'http-error': {
    status: 500,
    title: 'The Python function refused',
    cause:
      'The function raised `heady.HTTPError`, with a status that has no code of its own here; it is the status of the answer.',
    mend: "The detail is the function's own.",
  },
  locked: {
    status: 423,
    title: 'Another request is at work on it',
    cause: 'Another request for the same upload has taken its place, or does not make way.',
    mend: 'Ask by HEAD how far the upload is, and go on from there.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    cause:
      'The key, or the address of a client without one, has made more requests than `HEADY_RATE_LIMIT_MAX` in a window; or too many wrong keys came from the address. An answer of inference: the backend takes no more for now, or the tokens of `HEADY_INFERENCE_DAILY_TOKENS` are spent.',
    mend: 'Try again after `Retry-After` seconds. Raise `HEADY_RATE_LIMIT_MAX`, or give a busy client a key with a limit of its own in `HEADY_API_KEYS`.',
  },
  'uri-too-long': {
    status: 414,
    title: 'The URL is too long',
    cause: 'The path and the query have more than 8 KB together.',
    mend: 'Send what is long in the body.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    cause: 'The head of the request is larger than Node takes (16 KB).',
    mend: 'Send fewer or shorter headers.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    cause: 'A route threw an error that it did not handle.',
    mend: 'Find the log line with the same request id.',
  },
  'worker-error': {
    status: 500,
    title: 'The Python function raised an exception',
    cause: 'The function raised, or returned what its return type or JSON does not allow.',
    mend: 'The detail has type and message; the traceback is in the log.',
  },
  'inference-unavailable': {
    status: 502,
    title: 'Inference failed',
    cause:
      'The inference backend failed, or answered what makes no sense (502); it is down, too busy or too slow, or none is configured for what was asked (503).',
    mend: 'The detail has what the backend said. `GET /api/health` shows which backend is left alone; check its address, its token and its status.',
  },
  'inference-busy': {
    status: 503,
    title: 'All places for inference are taken',
    cause: 'As many calls as `HF_MAX_CONCURRENCY` run, and the queue behind them is full or was too slow.',
    mend: 'Try again after `Retry-After` seconds, or raise `HF_MAX_CONCURRENCY`.',
  },
  'worker-crashed': {
    status: 502,
    title: 'The Python process died',
    cause: 'The process ended before it had answered: a signal, an exit, or damage to its connection.',
    mend: 'The detail names the signal or exit status.',
  },
  'worker-memory-exceeded': {
    status: 502,
    title: 'The memory limit was hit',
    cause: 'The invocation used more memory than its limit, or the most of all when the instance ran short.',
    mend: 'Use less, or raise `memory=` of the function or `HEADY_PY_MEMORY`; choose a larger instance where that ran short.',
  },
  'worker-disk-exceeded': {
    status: 502,
    title: 'The disk limit was hit',
    cause:
      'The invocation kept more in its temporary directory than its limit, or names stored files that have more.',
    mend: 'Keep less there, or raise `disk=` of the function.',
  },
  'worker-processes-exceeded': {
    status: 502,
    title: 'The limit of processes was hit',
    cause: 'The invocation had more processes and threads at once than its limit.',
    mend: 'Start fewer, or raise `processes=` of the function.',
  },
  'worker-output-too-large': {
    status: 502,
    title: 'The output limit was hit',
    cause: 'The result is larger than its limit.',
    mend: 'Return less, or raise `output=` of the function or `HEADY_PY_OUTPUT`.',
  },
  'identity-unavailable': {
    status: 503,
    title: 'Tokens cannot be verified for now',
    cause: 'The public keys of the identity provider, by which the route verifies tokens, are not to be had.',
    mend: 'Try again after `Retry-After` seconds; check the address of `jwks` in the route.',
  },
  overloaded: {
    status: 503,
    title: 'Too much is going on',
    cause:
      'More requests have come for a while than the instance can answer, or more are in flight than `HEADY_MAX_IN_FLIGHT`.',
    mend: 'Try again after `Retry-After` seconds. Where it lasts, choose a larger plan.',
  },
  'shutting-down': {
    status: 503,
    title: 'The instance is shutting down',
    cause: 'The instance got SIGTERM and takes no new work.',
    mend: 'Try again: another instance answers.',
  },
  'worker-busy': {
    status: 503,
    title: 'All Python slots are taken',
    cause:
      'A queue is full, or the invocation waited longer than `HEADY_PY_QUEUE_TIMEOUT`; the detail names the bound.',
    mend: 'Try again after `Retry-After` seconds, or raise that bound: `HEADY_PY_MAX_CONCURRENCY`, `concurrency=` or `queue=` of the function, or the memory of the instance.',
  },
  'worker-unavailable': {
    status: 503,
    title: 'The Python worker does not load',
    cause: 'Importing the file failed, or the function declares what this instance cannot give.',
    mend: 'The detail says why. A failed import is tried again after `Retry-After` seconds, a changed file in development at once.',
  },
  'storage-unavailable': {
    status: 503,
    title: 'The storage does not work',
    cause: 'The bucket that files are kept in does not answer, or refuses what the service asks of it.',
    mend: 'The detail says what to check. `GET /api/health` has `storage` in `degraded` until the bucket answers again.',
  },
  'worker-cpu-exceeded': {
    status: 504,
    title: 'The CPU limit was hit',
    cause: 'The invocation used more CPU time than its limit.',
    mend: 'Use less, or raise `cpu=` of the function or `HEADY_PY_CPU`.',
  },
  'worker-timeout': {
    status: 504,
    title: 'The time limit was hit',
    cause: 'The invocation ran longer than its limit.',
    mend: 'Be faster, or raise `timeout=` of the function or `HEADY_PY_TIMEOUT`.',
  },
  'storage-full': {
    status: 507,
    title: 'The disk is full',
    cause: 'There was no room for a file that the request brought.',
    mend: 'Free some space, or choose a larger disk.',
  },
} as const satisfies Record<string, ProblemType>;

export type ProblemCode = keyof typeof problemTypes;

/** The code of an error of which no more is known than its status, where there is one. */
export function codeOfStatus(status: number): ProblemCode | undefined {
  return codesByStatus[status];
}

const codesByStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'bad-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  413: 'payload-too-large',
  415: 'unsupported-media-type',
  422: 'invalid-input',
  426: 'upgrade-required',
};
