export { pythonRouteFiles, routeFiles } from './files.ts';
export { conflicts, routeName, type RouteName } from './naming.ts';
