export { pythonRouteFiles, routeFiles } from './files.ts';
export { conflicts, routeName } from './naming.ts';
