#!/bin/sh
# Artenic: starts the runner of one attempt on this machine and switches the machine off when it has ended.
set -u
umask 077
api=@@API_URL@@
attempt=@@ATTEMPT_ID@@
runner=@@RUNNER_SHA256@@
node_program=@@NODE_SHA256@@
power_off_after=@@POWER_OFF_AFTER_SECONDS@@
root=@@ROOT@@
cloud_init=@@CLOUD_INIT@@
export HOME="${HOME:-/root}"
# The runner hears there, in that protocol, when the machine is taken back.
export ARTENIC_NOTICES=@@NOTICES@@
export ARTENIC_METADATA_URL=@@METADATA_URL@@

say() { echo "artenic: $*"; }

power_off() {
  sync
  poweroff || shutdown -P now || halt -p
}

# The dead man's switch: whatever becomes of us, of the runner and of the platform, the machine ends then.
{
  shutdown -P "+$(((power_off_after + 59) / 60))" || {
    sleep "$power_off_after"
    power_off
  }
} &
# A machine that boots again has lost its runner and that switch with it.
if [ -d "$cloud_init/scripts/per-boot" ]; then
  printf '#!/bin/sh\npoweroff\n' > "$cloud_init/scripts/per-boot/artenic"
  chmod 700 "$cloud_init/scripts/per-boot/artenic"
fi
# However this script ends, nothing is left to wait for.
trap power_off EXIT
trap 'exit 1' HUP INT TERM

mkdir -p "$root/work" "$root/cache"
cat > "$root/bootstrap.json" <<'ARTENIC_BOOTSTRAP'
@@BOOTSTRAP@@
ARTENIC_BOOTSTRAP
# In a file: arguments are there for everybody to read.
printf 'authorization: Bearer %s\n' @@BOOTSTRAP_TOKEN@@ > "$root/header"

# fetch SHA256 FILE: nothing but what we were told to expect; the API may be away for half an hour
fetch() {
  tries=0
  while [ "$tries" -lt 60 ]; do
    if curl -fsS --proto '=https,http' --connect-timeout 10 --max-time 600 -H "@$root/header" -o "$2.part" \
      --get --data-urlencode "attempt=$attempt" "$api/api/v1/runner/programs/$1"; then
      if echo "$1  $2.part" | sha256sum -c - > /dev/null 2>&1; then
        mv "$2.part" "$2"
        return 0
      fi
      say "what came for $2 is not what it should be"
    fi
    tries=$((tries + 1))
    sleep 30
  done
  say "$2 could not be fetched"
  return 1
}

is_new_enough() {
  "$1" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)' 2> /dev/null
}

node=$(command -v node || true)
if [ -z "$node" ] || ! is_new_enough "$node"; then
  if [ -z "$node_program" ]; then
    say 'this image has no Node 24, and the platform has none for it'
    exit 1
  fi
  # a folder of its own: the runner puts it into the PATH of what it starts
  mkdir -p "$root/node"
  node=$root/node/node
  fetch "$node_program" "$node" || exit 1
  chmod 755 "$node"
fi
fetch "$runner" "$root/runner.mjs" || exit 1
rm -f "$root/header"

say "starting the runner of $attempt"
"$node" "$root/runner.mjs" "$root/bootstrap.json"
status=$?
say "the runner has ended with $status"
if [ "$status" -ne 0 ]; then
  # what a killed runner still had: logs, metrics, checkpoints
  "$node" "$root/runner.mjs" --drain "$root/bootstrap.json"
fi
exit "$status"
