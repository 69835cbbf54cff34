# The server with its production dependencies: docker build --tag crossrank .
# The build stage runs on the builder's own platform whatever the target is: nothing is compiled, and onnxruntime-node ships the
# binaries of every platform. So no emulation is needed for another architecture.
FROM --platform=$BUILDPLATFORM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without scripts: `prepare` would build before the sources are here; onnxruntime-node's would fetch GPU files.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsdown.config.ts ./
COPY scripts/thread-programs.ts scripts/
COPY src src
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund
ARG TARGETARCH
# Keeps the binaries of one platform; fails when they are not where they are looked for.
RUN case "$TARGETARCH" in amd64) arch=x64 ;; arm64) arch=arm64 ;; *) echo "no ONNX runtime for linux/$TARGETARCH" >&2; exit 1 ;; esac \
 && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d ! -path "*/linux/$arch" -exec rm -r {} + \
 && test -f node_modules/onnxruntime-node/bin/*/linux/"$arch"/onnxruntime_binding.node
RUN mkdir -p /image/bin /image/cache && ln -s /app/dist/cli.js /image/bin/crossrank

# glibc: the ONNX runtime does not run on musl (alpine).
FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="crossrank" \
      org.opencontainers.image.description="Reranking server: orders documents by how well they answer a query." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/node:20-bookworm-slim"
ENV NODE_ENV=production \
    CROSSRANK_CACHE=/cache
WORKDIR /app
# What changes least comes first. No RUN here: it would need emulation for another architecture.
COPY --from=build /image/bin /usr/local/bin
COPY --from=build --chown=1000:1000 /image/cache /cache
COPY models models
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
# `node` of the base image, by number: Kubernetes cannot tell from a name that it is not root.
USER 1000:1000
VOLUME ["/cache"]
EXPOSE 8000
# Node is process 1 and handles the signal itself: it drains, then ends. Give it longer than its --drain-timeout (docker stop waits 10 s).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "--eval", "fetch('http://127.0.0.1:8000/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["crossrank", "serve", "--host", "0.0.0.0"]
