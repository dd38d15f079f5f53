import OpenAI, {
  APIError,
  AuthenticationError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
  UnprocessableEntityError,
} from 'openai';
import { describe, expect, it } from 'vitest';

import type { Address } from './address.ts';

const model = 'openai/gpt-oss-20b';
const messages = [{ role: 'user' as const, content: 'Who built the tower?' }];
const embedModel = 'sentence-transformers/all-MiniLM-L6-v2';

const weather = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

/** What OpenAI's own client for Node does with a server that has its API. */
export function openAiSuite(
  name: string,
  address: () => Address,
  { embeds }: { readonly embeds: boolean },
): void {
  const client = (key = address().key) =>
    new OpenAI({ baseURL: `${address().url}/v1`, apiKey: key, maxRetries: 0 });
  const ask = async (asked: string) => client().chat.completions.create({ model: asked, messages });

  describe(`OpenAI’s client for Node at ${name}`, () => {
    it('chats', async () => {
      const { choices, usage, object } = await ask(model);
      expect(choices[0]).toMatchObject({ message: { role: 'assistant' }, finish_reason: 'stop' });
      expect(choices[0]?.message.content).toContain('Who built the tower?');
      expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
      expect(object).toBe('chat.completion');
    });

    it('streams chat, with usage where it asks for it', async () => {
      const whole = (await ask(model)).choices[0]?.message.content;
      const told = [];
      for (const options of [undefined, { include_usage: true }]) {
        const stream = await client().chat.completions.create({
          model,
          messages,
          stream: true,
          ...(options && { stream_options: options }),
        });
        let text = '';
        const usages = [];
        for await (const chunk of stream) {
          text += chunk.choices[0]?.delta.content ?? '';
          if (chunk.usage) usages.push(chunk.usage.total_tokens);
        }
        expect(text).toBe(whole);
        told.push(usages.length);
      }
      expect(told).toEqual([0, 1]);
    });

    it('is given the call of a tool, and tells what came of it', async () => {
      const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: weather } }];
      const asked = [{ role: 'user' as const, content: 'What is the weather in Rome?' }];
      const { choices } = await client().chat.completions.create({ model, messages: asked, tools });
      const message = choices[0]?.message;
      expect(choices[0]?.finish_reason).toBe('tool_calls');
      const [call] = message?.tool_calls ?? [];
      const given = call?.type === 'function' ? (JSON.parse(call.function.arguments) as object) : undefined;
      expect(given).toEqual({ city: expect.any(String) });
      const stream = client().chat.completions.stream({ model, messages: asked, tools });
      const streamed = await stream.finalMessage();
      expect(streamed.tool_calls?.[0]).toMatchObject({ id: call?.id, function: { name: 'get_weather' } });
      if (!message) return;
      const told = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: 'Sunny.' };
      const last = await client().chat.completions.create({
        model,
        messages: [...asked, message, told],
        tools,
      });
      expect(last.choices[0]?.message.content).toContain('Sunny.');
    });

    it('is answered in JSON of a schema', async () => {
      const { choices } = await client().chat.completions.create({
        model,
        messages,
        response_format: { type: 'json_schema', json_schema: { name: 'weather', schema: weather } },
      });
      expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ city: expect.any(String) });
    });

    it('has the pieces of a stream before it ends, and ends one that it leaves', async () => {
      const stream = await client().chat.completions.create({
        model: 'mock/endless-stream',
        messages,
        stream: true,
      });
      let count = 0;
      for await (const _ of stream) if ((count += 1) === 3) break;
      expect([count, stream.controller.signal.aborted]).toEqual([3, true]);
    });

    it('is told how likely each token was', async () => {
      const { choices } = await client().chat.completions.create({ model, messages, logprobs: true });
      const tokens = choices[0]?.logprobs?.content?.map(({ token }) => token);
      expect(tokens?.join('')).toBe(choices[0]?.message.content);
    });

    it('completes prompts, whole and streamed', async () => {
      const prompt = 'Once upon a time';
      const { choices } = await client().completions.create({ model, prompt });
      const stream = await client().completions.create({ model, prompt, stream: true });
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.text ?? '';
      expect([text, text.length > 10]).toEqual([choices[0]?.text, true]);
    });

    it('leaves the call of a tool where it says so, and is given it where it must', async () => {
      const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: weather } }];
      const reasons = [];
      for (const choice of ['none', 'required'] as const) {
        const asked = { model, messages, tools, tool_choice: choice };
        reasons.push((await client().chat.completions.create(asked)).choices[0]?.finish_reason);
      }
      expect(reasons).toEqual(['stop', 'tool_calls']);
    });

    it.runIf(embeds)('embeds, the same in base64 as in numbers', async () => {
      const input = ['the cat sat', 'the dog sat'];
      const packed = await client().embeddings.create({ model: embedModel, input });
      const numbers = await client().embeddings.create({
        model: embedModel,
        input,
        encoding_format: 'float',
      });
      for (const [at, { embedding }] of packed.data.entries())
        expect(embedding).toEqual(numbers.data[at]?.embedding.map((value) => Math.fround(value)));
      expect(packed.data.map(({ index }) => index)).toEqual([0, 1]);
    });

    it.runIf(embeds)('has an error of its own for tokens in place of a text', async () => {
      const asked = client().embeddings.create({ model: embedModel, input: [1, 2, 3] });
      await expect(asked).rejects.toBeInstanceOf(UnprocessableEntityError);
    });

    it('lists models, and has one by its name', async () => {
      const ids = [];
      for await (const { id } of client().models.list()) ids.push(id);
      expect(ids).toContain(model);
      expect(await client().models.retrieve(model)).toMatchObject({ id: model, object: 'model' });
      await expect(client().models.retrieve('org/unknown')).rejects.toBeInstanceOf(NotFoundError);
    });

    it.each([
      [
        'a wrong key',
        AuthenticationError,
        async () => client('hf_invalid').chat.completions.create({ model, messages }),
      ],
      [
        'no messages',
        UnprocessableEntityError,
        async () => client().chat.completions.create({ model, messages: [] }),
      ],
      ['a model that is not there', NotFoundError, async () => ask('mock/missing')],
      ['a backend that is too busy', RateLimitError, async () => ask('mock/rate-limited')],
      ['a backend that fails', InternalServerError, async () => ask('mock/error')],
    ])('has an error of its own for %s', async (_, kind, work) => {
      await expect(work()).rejects.toBeInstanceOf(kind);
    });

    it('raises what goes wrong in mid-stream', async () => {
      const stream = await client().chat.completions.create({
        model: 'mock/error-stream',
        messages,
        stream: true,
      });
      const read = async () => {
        for await (const _ of stream);
      };
      await expect(read()).rejects.toBeInstanceOf(APIError);
    });
  });
}
