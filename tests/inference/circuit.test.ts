import { setTimeout as delay } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { Circuit } from '../../lib/inference/policy/circuit.ts';

const coolDownMs = 40;

function circuit() {
  const states: string[] = [];
  const made = new Circuit({
    threshold: 3,
    slowMs: 100,
    coolDownMs,
    onChange: (state) => states.push(state),
  });
  return { made, states };
}

/** Opens it. */
function open(made: Circuit): void {
  for (let call = 0; call < 3; call += 1) made.enter()?.fail();
}

it('opens at failures one after the other, not at as many between answers', () => {
  const { made } = circuit();
  for (let call = 0; call < 10; call += 1) {
    made.enter()?.fail();
    made.enter()?.fail();
    made.enter()?.succeed(1);
  }
  expect(made.state).toBe('closed');
  open(made);
  expect([made.state, made.enter()]).toEqual(['open', undefined]);
});

it('opens at answers that are slow', () => {
  const { made } = circuit();
  for (let call = 0; call < 3; call += 1) made.enter()?.succeed(101);
  expect(made.state).toBe('open');
});

it('takes no notice of calls that tell nothing of the backend, and of what is said twice', () => {
  const { made } = circuit();
  for (let call = 0; call < 10; call += 1) made.enter()?.release();
  const passage = made.enter();
  for (let said = 0; said < 10; said += 1) passage?.fail();
  expect(made.state).toBe('closed');
});

it('lets one call try after a while, which closes it or opens it again', async () => {
  const { made, states } = circuit();
  open(made);
  await delay(coolDownMs + 5);
  const probe = made.enter();
  expect([made.state, made.enter()]).toEqual(['half-open', undefined]);
  probe?.fail();
  expect(made.enter()).toBeUndefined();
  await delay(coolDownMs + 5);
  made.enter()?.succeed(1);
  expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
});

it('lets another call try when the caller of the first has left', async () => {
  const { made } = circuit();
  open(made);
  await delay(coolDownMs + 5);
  made.enter()?.release();
  made.enter()?.succeed(1);
  expect(made.state).toBe('closed');
});

it('is not closed by the answer to a call that was let through before it opened', async () => {
  const { made } = circuit();
  const early = made.enter();
  open(made);
  early?.succeed(1);
  expect(made.state).toBe('open');
});
