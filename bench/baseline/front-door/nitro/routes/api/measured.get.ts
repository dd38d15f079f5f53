import { defineHandler } from 'nitro';

export default defineHandler(() => ({ hello: 'world', number: 7 }));
