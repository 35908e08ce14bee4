# The release in a container:
#   docker build -t bandstand .
#   docker run -p 127.0.0.1:3000:3000 -p 3478:3478/udp -p 3478:3478/tcp -v bandstand:/var/lib/bandstand \
#     -e BANDSTAND_PUBLIC_URL=https://venue.example.org -e BANDSTAND_PUBLIC_ADDRESSES=203.0.113.7 bandstand
# A proxy that speaks TLS stands in front; README.md tells what it has to do.

FROM node:20-bookworm-slim AS node

FROM rust:1.95-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
# The image's own toolchain is the one.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /bandstand
COPY . .
RUN ./bandstand build

FROM debian:bookworm-slim
# LAME and libopus make MP3, and Opus for viewers, of what source clients of radios send.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libmp3lame0 libopus0 && rm -rf /var/lib/apt/lists/* \
  && useradd --system --home-dir /var/lib/bandstand --create-home bandstand
COPY --from=build /bandstand/target/release/bandstand /usr/local/bin/
COPY --from=build /bandstand/target/site /usr/local/share/bandstand/site
USER bandstand
WORKDIR /var/lib/bandstand
ENV BANDSTAND_DATA=/var/lib/bandstand/data \
    BANDSTAND_LISTEN=0.0.0.0:3000 \
    BANDSTAND_SITE=/usr/local/share/bandstand/site
EXPOSE 3000/tcp 3478/tcp 3478/udp
VOLUME /var/lib/bandstand
ENTRYPOINT ["bandstand"]
