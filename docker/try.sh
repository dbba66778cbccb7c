#!/bin/sh
# Builds both images with buildah and starts them for real: the service, a till enrolled with it, one checkout that
# arrives. For a machine without a container engine: isolation is chroot, and the base comes from docker/base.sh
# unless BASE names another. Needs root and buildah. Takes about a minute, leaves the images and nothing else.
set -eu
cd "$(dirname "$0")/.."

base=${BASE:-localhost/rung-base}
buildah inspect --type image "$base" >/dev/null 2>&1 || sh docker/base.sh rung-base

build() {
    echo "building rung-$1 from $base ..."
    # Behind a proxy that signs for itself, only this machine's certificates are believed.
    buildah build --quiet --layers --isolation chroot --format docker --volume /etc/ssl/certs:/etc/ssl/certs:ro \
        --build-arg "BASE=$base" --target "$1" --file docker/Dockerfile --tag "localhost/rung-$1" . >/dev/null
}
build service
build till

work=$(mktemp -d)
service=$(buildah from localhost/rung-service)
till=$(buildah from localhost/rung-till)
finish() {
    for name in till service; do
        number=$(cat "$work/$name/process" 2>/dev/null) || continue
        kill "$number" && timeout 15 tail --pid="$number" -f /dev/null || kill -9 "$number" || true
    done
    sleep 1 # buildah notices that they ended
    buildah rm "$service" "$till" >/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
install -d -o 10001 -g 10001 -m 0700 "$work/service" "$work/till"
ports=$(python3 docker/free_ports.py)
service_port=${ports% *} till_port=${ports#* }

# inside CONTAINER COMMAND...: as its image says, but on this machine's loopback and these ports.
inside() {
    container=$1
    shift
    buildah run --isolation chroot --volume "$work/service:/var/lib/rung" --volume "$work/till:/var/lib/rung/till" \
        --env RUNG_SERVICE_HOST=127.0.0.1 --env "RUNG_SERVICE_PORT=$service_port" \
        --env RUNG_TILL_HOST=127.0.0.1 --env "RUNG_TILL_PORT=$till_port" "$container" -- "$@"
}

# serving FOLDER CONTAINER COMMAND...: in the background. With chroot a container's processes are this machine's, so the
# number that the command leaves in its folder is the one to stop.
serving() {
    folder=$1 container=$2
    shift 2
    inside "$container" sh -c 'echo $$ >"$0/process"; exec "$@"' "$folder" "$@" &
}

# healthy CONTAINER: until the image's own HEALTHCHECK succeeds.
healthy() {
    check=$(buildah inspect --format '{{index .Docker.Config.Healthcheck.Test 3}}' "$1")
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        if inside "$1" python3 -c "$check" 2>/dev/null; then return; fi
        sleep 1
    done
    echo "not healthy within 15 s" >&2
    exit 1
}

inside "$service" sh -c 'test "$(id -u)" = 10001' || { echo "it runs as root" >&2; exit 1; }
serving . "$service" rung serve --migrate
healthy "$service"
inside "$service" rung sample-shop
inside "$service" rung device enrol till-1 --service "http://127.0.0.1:$service_port" --file till/till.json
serving till "$till" rung till
healthy "$till"
inside "$till" python3 - "$till_port" <docker/one_checkout.py
echo "both images serve; a checkout went from the till to the service"
