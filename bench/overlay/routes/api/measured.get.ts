import { defineRoute } from '#lib/http';

/** The least that a route can do: what is measured is all that stands before it. */
export default defineRoute({ handler: () => ({ hello: 'world', number: 7 }) });
