# Sourced. install_debian PACKAGE WHY: installs one Debian package where we may, else says what to type.
install_debian() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "rung: $2; install your system's equivalent of Debian's $1, then call make again." >&2
        exit 1
    fi
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        echo "rung: $2. Type:  sudo apt-get install $1   then call make again." >&2
        exit 1
    fi
    echo "rung: $2; installing Debian's $1 ..."
    export DEBIAN_FRONTEND=noninteractive
    $as_root apt-get -qq update || true # one broken extra source is no reason to stop
    $as_root apt-get -qq install --no-install-recommends "$1" >/dev/null || {
        echo "rung: apt-get could not install $1; install it by hand, then call make again." >&2
        exit 1
    }
}
