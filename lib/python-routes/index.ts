export { pythonRoute } from './python-route.ts';
