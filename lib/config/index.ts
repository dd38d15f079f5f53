export { type ApiKey, apiKeys, type Scope, scopes } from './api-keys.ts';
export { configurationPage, environmentExample } from './document.ts';
export { type Setting, settingsInEffect } from './settings.ts';
export { type Config, ConfigError, loadConfig } from './load.ts';
export { formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts';
export { type Source, type Variable, type VariableName, variables } from './variables.ts';
