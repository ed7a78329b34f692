import type { Schemas } from './schemas.ts';

/** The pattern of names, for code that has no validator. */
export function patterns({ definitions }: Schemas): string {
  const pattern = new RegExp(definitions['displayName']?.['pattern'] as string, 'u');
  return `// Made from schemas/ by \`npm run generate\`. Do not edit.\n\nexport const displayName = ${pattern};\n`;
}
