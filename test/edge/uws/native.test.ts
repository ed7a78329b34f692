import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadNative, NativeError } from '../../../src/edge/uws/native.ts';

const missing = Object.assign(new Error("Cannot find package 'it' imported from …"), { code: 'ERR_MODULE_NOT_FOUND' });
/** As the packages say it. */
const otherNode = new Error(
  "This version of uWS.js supports only Node.js versions 18, 20, 21 and 22 on (glibc) Linux …\n\nError: Cannot find module './bin/uws_linux_x64_137.node'\nRequire stack:\n- /app/node_modules/uWebSockets.js/dist/uws.mjs",
);
const oldLibrary = new Error(
  "This version of uWS.js (v20.56.0) supports only …\n\nError: /lib/libm.so.6: version `GLIBC_2.38' not found (required by /app/uws_linux_x64_137.node)",
);

function loader(outcomes: Record<string, Error | object>): (name: string) => Promise<unknown> {
  return async (name) => {
    const outcome = outcomes[name];
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
}

test('the dependency is taken where it loads, else the package for later versions of Node', async () => {
  const [one, other] = [{ name: 'one' }, { name: 'other' }];
  const both = { 'uWebSockets.js': one, '@btc-vision/uwebsockets.js': other };
  assert.equal(await loadNative(loader(both)), one);
  assert.equal(await loadNative(loader({ ...both, 'uWebSockets.js': otherNode })), other);
});

/**
 * Its own package file says other versions (>=22) than it has binaries for. npm asks the lock file, and leaves an optional
 * dependency out where the version of Node does not fit: so that file says the true ones.
 */
test('npm installs the dependency where it has a binary, and only there', () => {
  const read = (path: string) => JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));
  const { optional, engines } = read('package-lock.json').packages['node_modules/uWebSockets.js'];
  assert.deepEqual([optional, engines], [true, { node: '>=20 <23' }]);
  assert.deepEqual(Object.keys(read('package.json').optionalDependencies), ['uWebSockets.js']);
});

test('where none loads, it is said in one line of each why not', async () => {
  const failed = async (outcomes: Record<string, Error>): Promise<NativeError> => {
    const error = await loadNative(loader(outcomes)).catch((error: unknown) => error);
    assert.ok(error instanceof NativeError);
    return error;
  };
  const absent = await failed({ 'uWebSockets.js': missing, '@btc-vision/uwebsockets.js': missing });
  assert.equal(absent.message, 'uWebSockets.js: not installed; @btc-vision/uwebsockets.js: not installed');
  assert.equal(absent.isInstalled, false);
  const unfit = await failed({ 'uWebSockets.js': otherNode, '@btc-vision/uwebsockets.js': oldLibrary });
  assert.equal(
    unfit.message,
    "uWebSockets.js: no binary for this Node; @btc-vision/uwebsockets.js: /lib/libm.so.6: version `GLIBC_2.38' not found (required by /app/uws_linux_x64_137.node)",
  );
  assert.equal(unfit.isInstalled, true);
});
