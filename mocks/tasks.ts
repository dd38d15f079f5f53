import { http, type PathParams } from 'msw';
import { z } from 'zod';

import { withToken } from './access.ts';
import { readBody } from './body.ts';
import { isProvoking, provoked } from './failures.ts';
import { findModel, type Task } from './models.ts';
import { routerOrigin } from './origins.ts';
import { errorReply, invalidInput } from './replies.ts';
import { taskAnswers } from './task-answers.ts';

interface TaskRequest {
  readonly request: Request;
  readonly params: PathParams;
}

const Body = z.looseObject({ inputs: z.json() });
type Body = z.infer<typeof Body>;

const allTasks = Object.keys(taskAnswers) as readonly Task[];

/** `POST /hf-inference/models/{id}`, the bare URL of a model, and `/pipeline/{task}` beneath it. */
export const taskHandlers = [
  http.post(`${routerOrigin}/hf-inference/models/:org/:name`, withToken(infer)),
  http.post(`${routerOrigin}/hf-inference/models/:org/:name/pipeline/:task`, withToken(infer)),
];

async function infer({ request, params }: TaskRequest): Promise<Response> {
  const model = `${String(params.org)}/${String(params.name)}`;
  const served = isProvoking(model) ? allTasks : findModel(model)?.tasks;
  if (served === undefined) return errorReply(404, `Model ${model} is not served by hf-inference`);
  const failure = await provoked(model, request.signal);
  if (failure !== undefined) return failure;
  const read = await readBody(request, Body);
  if (read.kind === 'not-json') return errorReply(400, read.problem);
  if (read.kind === 'invalid') return invalidInput(read.problem);
  const asked = typeof params.task === 'string' ? served.filter((task) => task === params.task) : served;
  const task = fitting(read.body, asked) ?? asked[0];
  return task === undefined
    ? errorReply(400, `Model ${model} does not support the task ${String(params.task)}`)
    : taskAnswers[task]({ model, body: read.body, signal: request.signal });
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
