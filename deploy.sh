#!/usr/bin/env bash
# Sets up, runs and tests the helpdesk: ./deploy.sh ENVIRONMENT ACTION. Without arguments it says what it can do.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")"

HERE=$(pwd -P)
PY=.venv/bin/python
RUN=instance/run

# --- speaking ---------------------------------------------------------------------------------------------------

case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in de*) german=1 ;; *) german= ;; esac

say() { # say GERMAN ENGLISH
    if [[ $german ]]; then printf '%s\n' "$1"; else printf '%s\n' "$2"; fi
}

fail() {
    say "$@" >&2
    exit 1
}

step=0
begin() { # begin GERMAN ENGLISH: the next step of "local deploy"
    step=$((step + 1))
    say "[$step/6] $1" "[$step/6] $2"
}

usage() {
    say "Aufruf: ./deploy.sh UMGEBUNG AKTION

  local deploy [--empty] [--background]   einrichten und starten (ohne Docker; PORT, sonst 8000)
  local stop                              beenden, was hier gestartet wurde
  local test [pytest-Argumente]           die Testsuite
  dev deploy|stop|logs                    Entwicklung in Containern
  production ssl|deploy|backup|restore|logs|status

  --empty        beim ersten Start keine Demodaten
  --background   zurückkehren, sobald das System bereit ist" "Usage: ./deploy.sh ENVIRONMENT ACTION

  local deploy [--empty] [--background]   set up and start (no Docker; PORT, otherwise 8000)
  local stop                              stop what was started here
  local test [pytest arguments]           the test suite
  dev deploy|stop|logs                    development in containers
  production ssl|deploy|backup|restore|logs|status

  --empty        no demo data at the first start
  --background   return as soon as the system is ready"
}

misused() {
    usage >&2
    exit 2
}

# --- settings ---------------------------------------------------------------------------------------------------

setting() { # setting NAME: its value in the environment or, after that, in .env
    if [[ -n ${!1:-} ]]; then
        printf '%s' "${!1}"
    elif [[ -f .env ]]; then
        sed -nE "s/^[[:space:]]*(export[[:space:]]+)?$1[[:space:]]*=[[:space:]]*//p" .env | tail -n 1 | sed -E "s/^(['\"])(.*)\1[[:space:]]*$/\2/"
    fi
}

PORT=$(setting PORT)
export PORT=${PORT:-8000}

write_keys() { # adds the keys an installation cannot do without to .env, each once
    local name value
    for name in SECRET_KEY ENCRYPTION_KEYS; do
        [[ -z $(setting "$name")$(setting "${name}_FILE") ]] || continue
        value=$("$PY" -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())')
        if [[ ! -e .env ]]; then
            (umask 077 && say "# Einstellungen dieser Installation, geheim. Was es gibt, steht in .env.example." \
                "# Settings of this installation, secret. What there is stands in .env.example." >.env)
        fi
        printf '%s=%s\n' "$name" "$value" >>.env
    done
}

check_port_number() {
    if [[ ! $PORT =~ ^[1-9][0-9]{0,4}$ ]] || ((PORT > 65535)); then
        fail "PORT=$PORT ist keine Portnummer." "PORT=$PORT is not a port number."
    fi
}

check_port_is_free() {
    local other=$((PORT % 60000 + 80))
    "$PY" -c 'import socket, sys; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try: s.bind(("127.0.0.1", int(sys.argv[1])))
except OSError: sys.exit(1)' "$PORT" || fail \
        "Port $PORT ist nicht frei. Anderer Port: PORT=$other ./deploy.sh local deploy" \
        "Port $PORT is not free. Another one: PORT=$other ./deploy.sh local deploy"
}

# --- Python and its packages ------------------------------------------------------------------------------------

find_python() { # prints the first Python that is new enough
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    fail "Python 3.11 oder neuer fehlt. Installieren: sudo apt-get install python3 python3-venv" \
        "Python 3.11 or newer is missing. Install it: sudo apt-get install python3 python3-venv"
}

make_venv() {
    local python
    if "$PY" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)' 2>/dev/null; then
        return
    fi
    python=$(find_python)
    "$python" -c 'import venv, ensurepip' 2>/dev/null || fail \
        "Zu $python fehlt das Modul venv. Installieren: sudo apt-get install ${python##*/}-venv" \
        "$python lacks the module venv. Install it: sudo apt-get install ${python##*/}-venv"
    "$python" -m venv --clear .venv
}

install() { # install FILE: the locked packages, again only when the file changed
    local stamp=.venv/.installed-$1 sum
    sum=$(sha256sum <"$1")
    [[ ! -f $stamp || $(<"$stamp") != "$sum" ]] || return 0
    rm -f "$stamp"
    "$PY" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$1" >logs/install.log 2>&1 || {
        tail -n 20 logs/install.log >&2
        fail "Die Pakete ließen sich nicht installieren; mehr in logs/install.log." \
            "The packages could not be installed; more in logs/install.log."
    }
    printf '%s' "$sum" >"$stamp"
}

flask() { # its log lines only matter when it fails
    "$PY" -m flask --app app "$@" >>logs/deploy.log 2>&1 || {
        tail -n 20 logs/deploy.log >&2
        fail "flask $* ist gescheitert; mehr in logs/deploy.log." "flask $* failed; more in logs/deploy.log."
    }
}

# --- processes: known by id, start time and folder, so that no other process is ever hit ----------------------------

stat_field() { # stat_field PID N: field N of /proc/PID/stat (proc(5)), counted behind the program's name
    local line fields
    line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra fields <<<"${line##*) }"
    printf '%s' "${fields[$2 - 3]}"
}

recorded() { # recorded NAME: sets pid and started from the file left at the start
    [[ -f $RUN/$1.pid ]] && read -r pid started <"$RUN/$1.pid"
}

ours() { # ours PID: whether a process works in this folder
    [[ $(readlink "/proc/$1/cwd" 2>/dev/null) == "$HERE" ]]
}

running() { # running NAME
    local pid started
    recorded "$1" && [[ $(stat_field "$pid" 22) == "$started" && $(stat_field "$pid" 3) != Z ]] && ours "$pid"
}

launch() { # launch NAME COMMAND…: in a session of its own, so that Ctrl-C reaches only this script
    local name=$1 pid
    shift
    setsid -- "$@" </dev/null >>"logs/$name.log" 2>&1 9>&- &
    pid=$!
    printf '%s %s\n' "$pid" "$(stat_field "$pid" 22)" >"$RUN/$name.pid"
}

left_behind() { # left_behind SESSION STARTED: the processes still alive of a session started here
    local entry pid
    for entry in /proc/[0-9]*; do
        pid=${entry#/proc/}
        if [[ $(stat_field "$pid" 6) == "$1" && $(stat_field "$pid" 3) != Z ]] && ours "$pid" &&
            (($(stat_field "$pid" 22 || echo 0) >= $2)); then
            printf '%s\n' "$pid"
        fi
    done
}

stop_processes() { # all at once: politely first, after 20 seconds for good
    local name pid started sessions=() session i
    for name in web worker; do
        recorded "$name" || continue
        if running "$name"; then kill -TERM "$pid" 2>/dev/null || true; fi
        sessions+=("$pid $started")
        rm -f "$RUN/$name.pid"
    done
    for session in ${sessions[@]+"${sessions[@]}"}; do
        read -r pid started <<<"$session"
        for ((i = 0; i < 200; i++)); do
            [[ $(stat_field "$pid" 22) == "$started" && $(stat_field "$pid" 3) != Z ]] || break
            sleep 0.1
        done
        left_behind "$pid" "$started" | xargs -r kill -KILL 2>/dev/null || true
    done
}

# --- local ------------------------------------------------------------------------------------------------------

refuse_second_start() {
    exec 9>"$RUN/lock"
    if running web && running worker; then
        fail "Das System läuft schon: $(cat "$RUN/address"). Beenden: ./deploy.sh local stop" \
            "The system is running already: $(cat "$RUN/address"). Stop it: ./deploy.sh local stop"
    fi
    flock -n 9 || fail "Ein anderer Start ist noch im Gang." "Another start is still under way."
    stop_processes
}

prepare_database() { # migrates; demo data come once, and only into the database this script made itself
    local empty=$1
    if [[ ! -e instance/helpdesk.db && -z $(setting DATABASE_URL) && $(setting FLASK_ENV) != production ]]; then
        touch "$RUN/first-start"
    fi
    flask deploy
    [[ -e $RUN/first-start ]] || return 0
    if [[ ! $empty ]]; then
        say "      Demodaten" "      Demo data"
        flask demo load
    fi
    rm "$RUN/first-start"
}

answers() {
    "$PY" - "$PORT" "$(<"$RUN/address")" 2>/dev/null <<'PYTHON'
import http.client, sys, urllib.parse
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=3)
connection.request("GET", "/health/ready", headers={"Host": urllib.parse.urlsplit(sys.argv[2]).netloc})
sys.exit(connection.getresponse().status != 200)
PYTHON
}

wait_until_ready() { # at most about two minutes
    local name i
    for ((i = 0; i < 240; i++)); do
        for name in web worker; do
            running "$name" || give_up "$name"
        done
        if [[ -s $RUN/worker-is-up ]] && answers; then return; fi
        sleep 0.5
    done
    give_up web
}

give_up() {
    tail -n 20 "logs/$1.log" >&2
    fail "Der Start ist misslungen; mehr in logs/$1.log." "The start failed; more in logs/$1.log."
}

show_logins() {
    [[ -f instance/demo-logins.json ]] || return 0
    say "Anmeldungen zum Ausprobieren (auch in instance/demo-logins.json):" \
        "Logins to try it with (also in instance/demo-logins.json):"
    "$PY" - <<'PYTHON'
import json, pathlib
for login in json.loads(pathlib.Path("instance/demo-logins.json").read_text(encoding="utf-8")):
    print("  {role:<14} {email:<36} {password}".format(**login))
PYTHON
}

local_deploy() {
    local empty='' background='' argument
    for argument in "$@"; do
        case $argument in --empty) empty=1 ;; --background) background=1 ;; *) misused ;; esac
    done
    check_port_number
    mkdir -p -m 700 instance # keys, mails and logins of the demo people
    mkdir -p "$RUN" logs
    refuse_second_start

    begin "Python-Umgebung .venv" "Python environment .venv"
    make_venv
    check_port_is_free
    begin "Pakete (beim ersten Mal dauert das etwa eine Minute)" "Packages (the first time takes about a minute)"
    install requirements.txt
    begin "Einstellungen in .env" "Settings in .env"
    write_keys
    if [[ -z $(setting SITE_URL) ]]; then export SITE_URL=http://localhost:$PORT; fi
    begin "Datenbank" "Database"
    prepare_database "$empty"

    begin "Webserver und Worker" "Web server and worker"
    trap stop_processes EXIT
    trap 'say "Wird beendet …" "Stopping …"; exit 0' INT TERM HUP
    printf '%s\n' "$(setting SITE_URL)" >"$RUN/address"
    rm -f "$RUN/worker-is-up" # the worker writes it when its code is loaded and its queue is open
    launch web "$PY" -m gunicorn -c deploy/gunicorn.conf.py "app:create_app()"
    launch worker "$PY" -m celery -A app.celery_app worker -B --pool threads -c 2 \
        --without-gossip --without-mingle --without-heartbeat --pidfile "$RUN/worker-is-up"
    wait_until_ready

    begin "Bereit: $(<"$RUN/address")" "Ready: $(<"$RUN/address")"
    show_logins
    if [[ $background ]]; then
        trap - EXIT
        say "Beenden: ./deploy.sh local stop" "Stop it: ./deploy.sh local stop"
        return
    fi
    say "Beenden mit Strg+C." "Stop it with Ctrl-C."
    supervise
}

supervise() { # returns only through an exit: Ctrl-C, "local stop" elsewhere, or the end of either process
    local pid started pids=()
    recorded web && pids+=("$pid")
    recorded worker && pids+=("$pid")
    wait -n "${pids[@]}" || true
    [[ -e $RUN/web.pid ]] || exit 0 # "local stop" was called elsewhere
    if running web; then ended worker; else ended web; fi
}

ended() {
    tail -n 20 "logs/$1.log" >&2
    fail "Unerwartet beendet: $1; mehr in logs/$1.log." "Ended unexpectedly: $1; more in logs/$1.log."
}

local_stop() {
    local found=
    if running web || running worker; then found=1; fi
    stop_processes
    [[ $found ]] || { say "Hier läuft nichts." "Nothing is running here." && return; }
    say "Beendet." "Stopped."
}

local_test() {
    mkdir -p logs
    make_venv
    install requirements-dev.txt
    local options=()
    (($#)) || options=(-n "${HD_TEST_WORKERS:-2}")
    if [[ ${CI:-} == true ]]; then options+=(--cov=app --cov-report=term --cov-fail-under=85); fi
    exec "$PY" -m pytest ${options[@]+"${options[@]}"} "$@"
}

# --- containers -------------------------------------------------------------------------------------------------

compose() { # compose FILE ARGUMENTS…
    local file=$1 tool=()
    shift
    [[ -f $file ]] || fail "Die Datei $file fehlt." "The file $file is missing."
    if docker compose version >/dev/null 2>&1; then
        tool=(docker compose)
    elif command -v docker-compose >/dev/null; then
        tool=(docker-compose)
    else
        fail "Docker mit Compose fehlt. Ohne Docker: ./deploy.sh local deploy" \
            "Docker with Compose is missing. Without Docker: ./deploy.sh local deploy"
    fi
    "${tool[@]}" -f "$file" "$@"
}

dev() {
    local file=docker-compose.dev.yml
    case ${1:-} in
        deploy) compose "$file" up --detach --build ;;
        stop) compose "$file" down ;;
        logs) compose "$file" logs --follow --tail 200 ;;
        *) misused ;;
    esac
}

production() {
    local file=docker-compose.prod.yml action=${1:-}
    case $action in
        ssl) compose "$file" run --rm certbot ;;
        deploy)
            compose "$file" build
            compose "$file" run --rm web flask deploy
            compose "$file" up --detach
            ;;
        backup) compose "$file" run --rm web flask backup create "${2:-/backups/helpdesk-$(date +%Y%m%d-%H%M%S).tar.gz}" ;;
        restore)
            [[ ${2:-} ]] || fail "Aufruf: ./deploy.sh production restore DATEI" "Usage: ./deploy.sh production restore FILE"
            compose "$file" run --rm web flask backup restore "$2"
            ;;
        logs) compose "$file" logs --follow --tail 200 ;;
        status) compose "$file" ps ;;
        *) misused ;;
    esac
}

case "${1:-} ${2:-}" in
    "local deploy") shift 2; local_deploy "$@" ;;
    "local stop") local_stop ;;
    "local test") shift 2; local_test "$@" ;;
    "dev "*) shift; dev "$@" ;;
    "production "*) shift; production "$@" ;;
    " " | "help " | "-h " | "--help ") usage ;;
    *) misused ;;
esac
