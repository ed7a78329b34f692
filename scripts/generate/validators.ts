import Ajv2020 from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { rewrite, type Schema, type Schemas } from './schemas.ts';

const banner = '// Made from schemas/ by `npm run generate`. Do not edit.\n// @ts-nocheck\n';

/** One validator per frame, as code: at run time no code is generated. */
export function validators({ client, server, files }: Schemas): string {
  const ajv = new Ajv2020.default({
    schemas: files.map(
      (file) => rewrite(file, (ref) => ref, ['title', 'description', 'examples', 'default']) as Schema,
    ),
    strict: true,
    strictRequired: false,
    verbose: true,
    code: { source: true, esm: true },
  });
  const names: Record<string, string> = {};
  const table = (side: string, frames: Record<string, Schema>) =>
    Object.entries(frames).map(([type, schema]) => {
      const name = `${side}_${type}`;
      names[name] = schema['$id'] as string;
      return `  ${type}: ${name},`;
    });
  const clientTable = table('client', client);
  const serverTable = table('server', server);
  return [
    banner,
    importsInsteadOfRequire(standaloneCode.default(ajv, names)),
    `export const clientValidators = {\n__proto__: null,\n${clientTable.join('\n')}\n};`,
    `export const serverValidators = {\n__proto__: null,\n${serverTable.join('\n')}\n};`,
    '',
  ].join('\n');
}

/** ajv writes `require(…)` even into ES modules (its issue 2209). */
function importsInsteadOfRequire(code: string): string {
  const imports: string[] = [];
  const body = code.replace(/const (\w+) = require\("(ajv\/dist\/runtime\/\w+)"\)(\.default)?;/g, (_, name, path) => {
    imports.push(`import ${name}_module from '${path}.js';`);
    return `const ${name} = ${name}_module.default;`;
  });
  if (body.includes('require(')) throw new Error('the validators still contain a require');
  return `${imports.join('\n')}\n${body}`;
}
