#!/bin/bash
# A Ceph cluster on loopback, for tests: 3 monitors, a manager, 3 OSDs that keep
# each object three times, and 2 S3 gateways. Needs Debian's packages:
#   apt-get install --no-install-recommends \
#     ceph-mon ceph-osd ceph-mgr radosgw ceph-common
#
# check         says why it cannot run here; nothing if it can
# start         makes the cluster if there is none, starts what does not run,
#               and returns when both gateways answer
# stop          ends all of it, and keeps the data
# kill NAME     kill -9 of one of mon.a mon.b mon.c mgr.x osd.0 osd.1 osd.2
#               rgw.1 rgw.2
# revive NAME   starts it again, if it does not run
# status        one line for each daemon
# clean         stops it, and deletes the data
#
# CEPH_DIR is where the data is; default .build/ceph in the working directory.
set -u
DIR=${CEPH_DIR:-$PWD/.build/ceph}
case $DIR in /*) ;; *) DIR=$PWD/$DIR ;; esac
CONF=$DIR/ceph.conf
FSID=5b3f9a52-4c0e-4a8e-9d53-1f2f0d1a0001
OSD_BYTES=$((10 * 1024 * 1024 * 1024)) # sparse files
ACCESS_KEY=AKSYNCLINE
SECRET_KEY=SKSYNCLINE
GATEWAYS="http://127.0.0.1:7481 http://127.0.0.1:7482"
PACKAGES="ceph-mon ceph-osd ceph-mgr radosgw ceph-common"
DAEMONS="mon.a mon.b mon.c mgr.x osd.0 osd.1 osd.2 rgw.1 rgw.2"

fail() { echo "cluster.sh: $*" >&2; exit 1; }

# The addresses of a monitor, by both protocols.
mon_address() {
  local nth
  case $1 in a) nth=1 ;; b) nth=3 ;; c) nth=5 ;; esac
  echo "[v2:127.0.0.1:4000$nth,v1:127.0.0.1:4000$((nth + 1))]"
}

# A range of ports needs both ends: the highest is 7300 by default, below ours.
# Without keys, clients must not ask for the "secure" mode, which needs one.
write_conf() {
  cat > "$CONF" <<CONFIG
[global]
fsid = $FSID
mon_initial_members = a b c
mon_host = $(mon_address a) $(mon_address b) $(mon_address c)
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 3
osd_pool_default_min_size = 2
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_max_pg_per_osd = 1000
mon_warn_on_insecure_global_id_reclaim_allowed = false
ms_bind_port_min = 40100
ms_bind_port_max = 40199
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
run_dir = $DIR/run
admin_socket = $DIR/run/\$name.asok
pid_file = $DIR/run/\$name.ceph-pid
log_file = $DIR/log/\$name.log
log_to_stderr = false
[mon]
mon_data = $DIR/mon.\$id
mon_data_avail_warn = 5
mon_data_avail_crit = 1
[mgr]
mgr_data = $DIR/mgr.\$id
mgr_initial_modules =
[osd]
osd_data = $DIR/osd.\$id
osd_objectstore = bluestore
bluestore_block_size = $OSD_BYTES
bluestore_block_create = true
osd_memory_target = 939524096
osd_heartbeat_interval = 2
osd_heartbeat_grace = 6
[client]
ms_mon_client_mode = crc
rgw_thread_pool_size = 64
rgw_enable_usage_log = false
rgw_run_sync_thread = false
rgw_gc_obj_min_wait = 30
rgw_gc_processor_period = 30
[client.rgw.1]
rgw_frontends = beast endpoint=127.0.0.1:7481
[client.rgw.2]
rgw_frontends = beast endpoint=127.0.0.1:7482
CONFIG
}

# The process of a daemon: empty if it does not run, or another one has its id.
pid_of() {
  local pid
  pid=$(cat "$DIR/run/$1.pid" 2>/dev/null) || return 0
  grep -qa "$CONF" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}

revive() {
  [ -n "$(pid_of "$1")" ] && return
  local program id=${1#*.}
  case $1 in
    mon.[abc]) program=ceph-mon ;;
    mgr.x) program=ceph-mgr ;;
    osd.[012]) program=ceph-osd ;;
    rgw.[12]) program=radosgw id=rgw.$id ;;
    *) fail "there is no $1; there are $DAEMONS" ;;
  esac
  local name=(-i "$id")
  [ $program = radosgw ] && name=(-n "client.$id")
  nohup setsid $program -c "$CONF" -f "${name[@]}" \
    > "$DIR/log/$1.out" 2>&1 < /dev/null &
  echo $! > "$DIR/run/$1.pid"
}

# Waits for the last of what is started.
wait_for() {
  local what=$1 tries=240
  shift
  until "$@" > /dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || fail "$what does not answer; see $DIR/log"
    sleep 0.25
  done
}

answers() { [ "$(curl -s -m 2 -o /dev/null -w '%{http_code}' "$1")" = 200 ]; }

admin() { timeout 60 radosgw-admin -c "$CONF" -n client.rgw.1 "$@"; }

create_mons() {
  local added=()
  for mon in a b c; do added+=(--addv $mon "$(mon_address $mon)"); done
  monmaptool --create --clobber --fsid $FSID "${added[@]}" "$DIR/monmap" \
    > /dev/null || fail "monmaptool failed"
  for mon in a b c; do
    mkdir -p "$DIR/mon.$mon"
    ceph-mon -c "$CONF" --mkfs -i $mon --monmap "$DIR/monmap" ||
      fail "mon.$mon cannot be made"
  done
  mkdir -p "$DIR/mgr.x"
}

create_osds() {
  local osd uuid
  for osd in 0 1 2; do
    uuid=$(cat /proc/sys/kernel/random/uuid)
    mkdir -p "$DIR/osd.$osd"
    timeout 60 ceph -c "$CONF" osd new "$uuid" > /dev/null &&
      ceph-osd -c "$CONF" --mkfs -i $osd --osd-uuid "$uuid" 2>> "$DIR/log/mkfs" &&
      timeout 60 ceph -c "$CONF" osd crush add osd.$osd 1 root=default \
        host=host$osd 2> /dev/null || fail "osd.$osd cannot be made"
  done
}

check() {
  local program missing=
  for program in ceph-mon ceph-osd ceph-mgr radosgw radosgw-admin ceph curl; do
    command -v $program > /dev/null || missing="$missing $program"
  done
  if [ -n "$missing" ]; then
    echo "there is no${missing//radosgw-admin/}: apt-get install" \
      "--no-install-recommends $PACKAGES"
  elif [ -z "$(pid_of mon.a)" ] && (: < /dev/tcp/127.0.0.1/40001) 2> /dev/null
  then
    echo "something else, another cluster perhaps, has its ports"
  fi
}

start() {
  local why
  why=$(check)
  [ -z "$why" ] || fail "$why"
  mkdir -p "$DIR/run" "$DIR/log"
  local is_new=
  if [ ! -e "$DIR/made" ]; then
    is_new=1
    stop
    rm -rf "$DIR"/mon.* "$DIR"/mgr.* "$DIR"/osd.*
    write_conf
    create_mons
  fi
  for name in mon.a mon.b mon.c mgr.x; do revive $name; done
  wait_for "the monitors" timeout 5 ceph -c "$CONF" quorum_status
  [ -n "$is_new" ] && create_osds
  for name in osd.0 osd.1 osd.2; do revive $name; done
  # One after the other: the first one makes the pools.
  local nth=1
  for gateway in $GATEWAYS; do
    revive rgw.$nth
    wait_for "rgw.$nth" answers "$gateway/"
    nth=$((nth + 1))
  done
  if [ -n "$is_new" ]; then
    admin user create --uid syncline --display-name syncline \
      --access-key $ACCESS_KEY --secret-key $SECRET_KEY > /dev/null ||
      fail "the user cannot be made"
    touch "$DIR/made"
  fi
  echo "CEPH_DIR=$DIR"
}

stop() {
  local names="rgw.1 rgw.2 osd.0 osd.1 osd.2 mgr.x mon.a mon.b mon.c"
  for name in $names; do
    pid=$(pid_of $name)
    [ -n "$pid" ] && kill "$pid"
  done
  for name in $names; do
    for _ in $(seq 40); do
      pid=$(pid_of $name)
      [ -z "$pid" ] && break
      sleep 0.25
    done
    [ -n "$pid" ] && kill -9 "$pid"
    rm -f "$DIR/run/$name.pid"
  done
}

status() {
  for name in $DAEMONS; do
    pid=$(pid_of $name)
    [ -n "$pid" ] && memory=$(awk '/VmRSS/ {print int($2 / 1024)}' \
      "/proc/$pid/status") && echo "$name runs as $pid, $memory MB" ||
      echo "$name does not run"
  done
}

case ${1:-} in
  check | start | stop | status) $1 ;;
  kill)
    pid=$(pid_of "${2:-}")
    [ -n "$pid" ] || fail "${2:-nothing} does not run"
    kill -9 "$pid"
    ;;
  revive) revive "${2:-}" ;;
  clean)
    [ -e "$CONF" ] || fail "there is no cluster in $DIR"
    stop
    rm -rf "$DIR"
    ;;
  *) fail "expected check, start, stop, kill, revive, status or clean" ;;
esac
