# Sourced. apt with a state of its own under $folder, in which nothing is installed and of which the system knows nothing:
# packages of another suite or architecture are downloaded, to be unpacked. It needs no root. The mirror is the machine's own.
keys=/usr/share/keyrings/debian-archive-keyring.gpg

# The main archive among what apt has lists of, or nothing.
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' \
        "Codename: $(. /etc/os-release && echo "${VERSION_CODENAME:-}")" 2>/dev/null | head -n 1
}

# begin_apart TYPE SUITE ARCHITECTURE MIRROR: what `apt_apart` takes packages (deb) or sources (deb-src) from.
begin_apart() {
    mkdir -p "$folder/lists/partial" "$folder/archives/partial"
    touch "$folder/status"
    echo "$1 [signed-by=$keys] $4 $2 main" >"$folder/sources.list"
    cat >"$folder/apt.conf" <<CONF
Dir::State "$folder";
Dir::State::status "$folder/status";
Dir::Cache "$folder";
Dir::Etc { sourcelist "$folder/sources.list"; sourceparts "/dev/null"; preferences "/dev/null"; preferencesparts "/dev/null"; };
APT { Default-Release "$2"; Architecture "$3"; Architectures { "$3"; }; Sandbox::User ""; };
Acquire { Languages "none"; Retries "1"; http::Timeout "20"; https::Timeout "20"; };
CONF
    apt_apart update
}

apt_apart() {
    apt-get -q -q -c "$folder/apt.conf" "$@"
}
