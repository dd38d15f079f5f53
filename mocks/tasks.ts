import { http, type PathParams } from 'msw';
import { z } from 'zod';

import { readBody } from './body.ts';
import type { Host } from './host.ts';
import { findModel, type Task } from './models.ts';
import { isProvoking } from './provocations.ts';
import { errorReply, invalidInput } from './replies.ts';
import { transcriptOf } from './speech.ts';
import { answer } from './streams.ts';
import { taskAnswers } from './task-answers.ts';

interface TaskRequest {
  readonly request: Request;
  readonly params: PathParams;
}

const Body = z.looseObject({ inputs: z.json() });
type Body = z.infer<typeof Body>;

const allTasks = Object.keys(taskAnswers) as readonly Task[];

/** `POST /hf-inference/models/{id}`, the bare URL of a model, and `/pipeline/{task}` beneath it. */
export function taskHandlers(host: Host) {
  const infer = host.guarded(async ({ request, params }: TaskRequest) => {
    const model = `${String(params.org)}/${String(params.name)}`;
    const served = isProvoking(model) ? allTasks : findModel(model)?.tasks;
    if (served === undefined) return errorReply(404, `Model ${model} is not served by hf-inference`);
    const failure = await host.provoked(model, request.signal);
    if (failure !== undefined) return failure;
    const asked = typeof params.task === 'string' ? served.filter((task) => task === params.task) : served;
    return isSound(request, asked) ? heard(request, { model, asked }) : answered(request, { model, asked });
  });
  return [
    http.post(`${host.origin}/hf-inference/models/:org/:name`, infer),
    http.post(`${host.origin}/hf-inference/models/:org/:name/pipeline/:task`, infer),
  ];
}

interface Inferred {
  readonly model: string;
  readonly asked: readonly Task[];
}

async function answered(request: Request, { model, asked }: Inferred): Promise<Response> {
  const read = await readBody(request, Body);
  if (read.kind === 'not-json') return errorReply(400, read.problem);
  if (read.kind === 'invalid') return invalidInput(read.problem);
  const task = fitting(read.body, asked) ?? asked[0];
  return task === undefined
    ? errorReply(400, `Model ${model} does not support this task`)
    : taskAnswers[task]({ model, body: read.body });
}

/** Sounds come as they are; Python's client says nothing of their type where it is given bytes. */
function isSound({ headers }: Request, asked: readonly Task[]): boolean {
  const type = headers.get('content-type');
  if (type === null) return asked.every((task) => task === 'automatic-speech-recognition');
  return /^(?:audio\/|application\/octet-stream)/i.test(type);
}

async function heard(request: Request, { model, asked }: Inferred): Promise<Response> {
  if (!asked.includes('automatic-speech-recognition')) return invalidInput('`inputs`: expected a text');
  return answer(model, transcriptOf(new Uint8Array(await request.arrayBuffer())));
}

/** Which of several tasks a body on a bare URL is for: the shape of its inputs tells. */
function fitting(body: Body, tasks: readonly Task[]): Task | undefined {
  return tasks.find((task) => task === taskOf(body));
}

function taskOf({ inputs, parameters }: Body): Task {
  if (typeof inputs === 'object' && inputs !== null && 'question' in inputs) return 'question-answering';
  if (typeof inputs === 'object' && inputs !== null && 'sentences' in inputs) return 'sentence-similarity';
  // Of the tasks on plain text only feature extraction sends its parameters flat, beside `inputs`.
  return parameters === undefined ? 'feature-extraction' : 'text-generation';
}
