/** The long form of the crash test: `npm run test:crash -- [kills] [seed]`, 200 kills unless told otherwise. */
import { crash } from './crash.ts';

const [kills = 200, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
console.log(`${kills} kills, seed ${seed}`);
const { violations, ...figures } = await crash({
  seed,
  kills,
  onKill: (count) => process.stdout.write(`\rkilled ${count} times`),
});
console.log(`\n${JSON.stringify(figures)}`);
for (const violation of violations) console.log(violation);
process.exitCode = violations.length > 0 ? 1 : 0;
