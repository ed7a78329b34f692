# Debian 13, not Alpine: the native edge needs glibc 2.38 or later. Pinned to one release of Node, for amd64 and arm64:
# docs/machine.md says how to take a newer one.
FROM node:24.22.3-trixie-slim AS node

FROM node AS base
WORKDIR /app
COPY package.json package-lock.json ./

FROM base AS build
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY LICENSE tsconfig.json tsconfig.build.json ./
COPY schemas ./schemas
COPY scripts ./scripts
COPY src ./src
RUN npm run build && rm -f dist/.tsbuildinfo dist/.built

# The native edge (docs/platforms.md) comes with binaries for 16 platforms, 41 MB packed. The one for this platform is
# unpacked, and must load.
FROM base AS native
RUN package=btc-vision-uwebsockets.js-20.56.0.tgz \
  && npm pack --silent @btc-vision/uwebsockets.js@20.56.0 \
  && echo "e48495d1df9bc46fe71f6b22d2d541ed1786c1eb58e27ae1225995339152a246c2672715c9b4395014913d5b9f6db743926d048b432c64e228ecf57b707ef2a0  $package" \
    | sha512sum --check --quiet \
  && mkdir uws \
  && binary=$(node -p '`uws_${process.platform}_${process.arch}_${process.versions.modules}.node`') \
  && tar -xzf "$package" -C uws --strip-components=1 --no-same-owner \
    package/package.json package/LICENSE package/README.md package/source_commit package/uws.js package/ESM_wrapper.mjs "package/$binary" \
  && node --input-type=module -e "import '/app/uws/ESM_wrapper.mjs'"

FROM base AS production
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# lmdb brings four, 15 MB, and its sources. The one that this Node takes stays, and must work; so do the licenses.
RUN binary=$(node -p '`node.abi${process.versions.modules}.glibc.node`') \
  && cd "node_modules/@lmdb/lmdb-$(node -p '`${process.platform}-${process.arch}`')" \
  && if ! test -f "$binary"; then binary=node.napi.glibc.node; test -f "$binary"; fi \
  && find . -type f -name 'node.*.node' ! -name "$binary" -delete \
  && cd /app \
  && find node_modules/lmdb/dependencies node_modules/lmdb/src -type f ! -iname '*licen*' ! -iname 'copyright*' -delete \
  && node --input-type=module -e " \
    import { open } from 'lmdb'; \
    const root = open('/tmp/lmdb', {}); \
    await root.put('a', 1); \
    if (root.get('a') !== 1) throw new Error('lmdb does not work'); \
    await root.close();" \
  && rm -r /tmp/lmdb

FROM node
ENV NODE_ENV=production HUBBUB_DATA=/data
WORKDIR /app
# A server installs nothing: what could is not there, for whoever gets in.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
  && ! command -v npm && ! command -v npx && ! command -v corepack && ! command -v yarn \
  && install -d -o 1000 -g 1000 -m 0700 /data
COPY --from=production /app/node_modules ./node_modules
COPY --from=native /app/uws ./node_modules/@btc-vision/uwebsockets.js
COPY package.json LICENSE ./
COPY --from=build /app/schemas ./schemas
COPY --from=build /app/dist ./dist

# All that is written goes to /data, so the root file system can be read-only.
VOLUME /data
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
# It follows the environment, not the flags: a container whose port or TLS is set by a flag sets the variable too.
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s CMD ["node", "-e", "\
  const { HUBBUB_PORT, HUBBUB_TLS } = process.env; \
  require(HUBBUB_TLS === 'true' || HUBBUB_TLS === '1' ? 'https' : 'http') \
    .get({ host: '127.0.0.1', port: HUBBUB_PORT || 8080, path: '/healthz', rejectUnauthorized: false }) \
    .on('response', (response) => process.exit(response.statusCode === 200 ? 0 : 1)) \
    .on('error', () => process.exit(1));"]
ENTRYPOINT ["node", "/app/dist/main.js"]

ARG VERSION=dev
LABEL org.opencontainers.image.title="Hubbub" \
  org.opencontainers.image.description="A chat backend in one container: rooms, presence, broadcasts and direct messages for any WebSocket client." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="$VERSION"
