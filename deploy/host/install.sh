#!/usr/bin/env bash
# Install the check into the Agent of this Linux host, or renew it: sudo bash install.sh WHEEL [CONF_YAML]
# A conf.yaml that is there already stays, unless one is given.
set -euo pipefail

wheel=${1:?give the wheel: bash install.sh datadog_optimizationjob-VERSION-py3-none-any.whl [conf.yaml]}
given_conf=${2-}
folder=${DD_CONF_D:-/etc/datadog-agent/conf.d}/optimizationjob.d
conf=$folder/conf.yaml

as_agent() { sudo -u dd-agent "$@"; }
fail() {
    echo "install.sh: $*" >&2
    exit 1
}

[[ -r $wheel ]] || fail "$wheel cannot be read"
# Whoever can replace the wheel can run anything as the Agent.
[[ -z $(find -L "$(dirname "$wheel")" -maxdepth 0 -perm -o+w) ]] ||
    fail "everyone can write to the folder of $wheel: put it into one of your own"
[[ -z $given_conf || -r $given_conf ]] || fail "$given_conf cannot be read"

# The Agent does not compare versions when it installs a wheel.
base=$(as_agent datadog-agent integration freeze | sed -n 's/^datadog-checks-base==//p')
[[ $(printf '%s\n' 36.13.0 "${base:-0}" | sort --version-sort | head -n 1) == 36.13.0 ]] ||
    fail "Agent 7.57 or newer is needed, and this one has datadog-checks-base ${base:-of no version}: update the Agent"

# A copy that the user dd-agent can read and no one but root can write.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
chmod 755 "$place"
install --mode=644 "$wheel" "$place/"
as_agent datadog-agent integration install -r -w "$place/$(basename "$wheel")"

# What is in a configuration may be secret.
put() {
    install -D --mode=640 "$1" "$conf"
    chown dd-agent:dd-agent "$conf"
}
if [[ -n $given_conf ]]; then
    put "$given_conf"
elif [[ ! -e $conf ]]; then
    put "$folder/conf.yaml.example"
    echo "Edit $conf, then: sudo systemctl restart datadog-agent"
    exit
fi
systemctl restart datadog-agent
as_agent datadog-agent integration freeze | grep '^datadog-optimizationjob=='
