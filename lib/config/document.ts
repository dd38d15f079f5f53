import { type Variable, variables } from './variables.ts';

const generated = 'Generated from lib/config/variables.ts by `npm run generate`';

/** The text of `.env.example`: every variable, commented out, with what it means. */
export function environmentExample(): string {
  const entries = Object.entries(variables).map(
    ([name, variable]) => `# ${variable.description}${note(variable)}\n# ${name}=${exampleValue(variable)}\n`,
  );
  return `# ${generated}.\n# Copy to .env, which is read outside production only; do not commit that.\n\n${entries.join('\n')}`;
}

/** The text of `docs/configuration.md`: one table over every variable. */
export function configurationPage(): string {
  const rows = Object.entries(variables).map(
    ([name, variable]) =>
      `| \`${name}\` | ${defaultText(variable)} | ${variable.description}${note(variable)} | ${variable.source} |`,
  );
  return `<!-- ${generated}. -->
# Configuration

Every variable is read once, at start, and checked: all problems are printed together, then the service exits with 1.
Sizes are written \`512MB\` (powers of 1024), durations \`90s\`. An empty value counts as unset.

The last column says where the value comes from on Render: \`blueprint\` (a literal in \`render.yaml\`), \`group\` (the
environment group \`heady-shared-secrets\`), \`render\` (set by Render), \`computed\` (from the instance) or \`optional\`.

| variable | default | meaning | on Render |
|---|---|---|---|
${rows.join('\n')}
`;
}

function note(variable: Variable): string {
  return [variable.secret ? ' Secret.' : '', variable.planned ? ' No effect in this version.' : ''].join('');
}

function defaultText(variable: Variable): string {
  return variable.default ?? literalDefault(variable) ?? 'unset';
}

function exampleValue(variable: Variable): string {
  return literalDefault(variable) ?? '';
}

/** The default that the schema itself holds; its input spelling where it has a unit. */
export function literalDefault({ schema }: Variable): string | undefined {
  const { defaultValue } = schema.def as { defaultValue?: unknown };
  return defaultValue === undefined ? undefined : String(defaultValue);
}
