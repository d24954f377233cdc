# Image of a prebuilt program: packaging/image.sh PROGRAM prepares target/image, including the root
# certificates. See packaging/README.md.
FROM scratch

COPY target/image/root/ /
# An empty folder owned by the server. A new volume inherits its owner.
COPY --chown=65532:65532 target/image/data/ /data/

ENV HOST=0.0.0.0 \
    DATA_DIR=/data \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt

# portcullis.toml and .env are read from here.
WORKDIR /etc/portcullis
VOLUME /data
EXPOSE 8000
USER 65532:65532

HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["/usr/bin/portcullis", "health"]
ENTRYPOINT ["/usr/bin/portcullis"]
CMD ["serve"]
