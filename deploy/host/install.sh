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

as_agent test -r "$wheel" || fail "the user dd-agent cannot read $wheel: copy it to /tmp"
[[ -z $given_conf || -r $given_conf ]] || fail "$given_conf cannot be read"

# The Agent does not compare versions when it installs a wheel.
base=$(as_agent datadog-agent integration freeze | sed -n 's/^datadog-checks-base==//p')
[[ $(printf '%s\n' 37.36 "${base:-0}" | sort --version-sort | head -n 1) == 37.36 ]] ||
    fail "the Agent has datadog-checks-base ${base:-of no version}, and 37.36 is needed: update the Agent"

as_agent datadog-agent integration install -r -w "$wheel"

if [[ -n $given_conf ]]; then
    # What is in it may be secret.
    install -D --mode=640 "$given_conf" "$conf"
    chown dd-agent:dd-agent "$conf"
elif [[ ! -e $conf ]]; then
    as_agent cp "$folder/conf.yaml.example" "$conf"
    echo "Edit $conf, then: sudo systemctl restart datadog-agent"
    exit
fi
systemctl restart datadog-agent
as_agent datadog-agent integration freeze | grep '^datadog-optimizationjob=='
