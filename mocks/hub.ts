import { http } from 'msw';

import { findModel, type MockModel, models, type Task } from './models.ts';
import { hubOrigin } from './origins.ts';
import { errorReply, jsonReply } from './replies.ts';

/** `GET /api/models/{id}` and `GET /api/tasks` of the Hub, which clients ask before they infer. Public. */
export const hubHandlers = [
  http.get(`${hubOrigin}/api/models/:org/:name`, ({ request, params }) => {
    const model = findModel(`${String(params.org)}/${String(params.name)}`);
    return model === undefined
      ? errorReply(404, 'Repository not found', {
          'x-error-code': 'RepoNotFound',
          'x-error-message': 'Repository not found',
        })
      : jsonReply(described(model, new URL(request.url).searchParams));
  }),
  http.get(`${hubOrigin}/api/tasks`, () => jsonReply(tasks())),
];

/** All of a model's fields but the mapping, or the id and those that `expand` or `expand[]` names. */
function described(model: MockModel, query: URLSearchParams): Record<string, unknown> {
  const wanted = [...query.getAll('expand'), ...query.getAll('expand[]')].flatMap((names) =>
    names.split(','),
  );
  const ids = { _id: Buffer.from(model.id).toString('hex').slice(-24), id: model.id };
  const fields = fieldsOf(model);
  if (wanted.length === 0) return { ...ids, modelId: model.id, ...fields };
  const expandable: Record<string, unknown> = { ...fields, ...inferenceOf(model) };
  return {
    ...ids,
    ...Object.fromEntries(
      wanted.filter((name) => name in expandable).map((name) => [name, expandable[name]]),
    ),
  };
}

function fieldsOf(model: MockModel): Record<string, unknown> {
  return {
    author: model.id.split('/')[0],
    sha: '0'.repeat(40),
    private: false,
    gated: false,
    disabled: false,
    pipeline_tag: model.pipelineTag,
    tags: model.tags,
    library_name: model.library,
    downloads: 0,
    likes: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    lastModified: '2026-01-01T00:00:00.000Z',
    siblings: [],
  };
}

function inferenceOf({ provider }: MockModel): Record<string, unknown> {
  return {
    inference: 'warm',
    inferenceProviderMapping: {
      [provider.name]: { status: 'live', providerId: provider.id, task: provider.task },
    },
  };
}

/** Each task with the models that are recommended for it, the first of which clients take by default. */
function tasks(): Record<string, unknown> {
  const served = [...new Set(models.flatMap((model) => model.tasks))];
  return Object.fromEntries(served.map((task) => [task, taskCard(task)]));
}

function taskCard(task: Task): Record<string, unknown> {
  const ids = models.filter((model) => model.tasks.includes(task)).map((model) => model.id);
  return {
    id: task,
    label: task.replaceAll('-', ' '),
    libraries: ['transformers'],
    models: ids.map((id) => ({ id, description: '' })),
    widgetModels: ids,
  };
}
