export { adminPage } from './admin-page.ts';
export { guardRoutes } from './guard-routes.ts';
export { pythonRoutes } from './python-routes.ts';
export { routeTable } from './route-table.ts';
