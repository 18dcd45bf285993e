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

  local deploy [OPTIONEN]                 einrichten und starten (ohne Docker; PORT, sonst 8000)
  local stop                              beenden, was hier gestartet wurde
  local test [pytest-Argumente]           die Testsuite
  dev deploy|stop|logs                    Entwicklung in Containern
  production ssl|deploy|backup|restore|logs|status

  --empty               beim ersten Start keine Demodaten
  --without-microsoft   neben den Demodaten kein simuliertes Microsoft 365
  --background          zurückkehren, sobald das System bereit ist" "Usage: ./deploy.sh ENVIRONMENT ACTION

  local deploy [OPTIONS]                  set up and start (no Docker; PORT, otherwise 8000)
  local stop                              stop what was started here
  local test [pytest arguments]           the test suite
  dev deploy|stop|logs                    development in containers
  production ssl|deploy|backup|restore|logs|status

  --empty               no demo data at the first start
  --without-microsoft   no simulated Microsoft 365 beside the demo data
  --background          return as soon as the system is ready"
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
    for name in web worker microsoft; do
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

everything_runs() {
    running web && running worker && { [[ ! -e $RUN/microsoft.pid ]] || running microsoft; }
}

refuse_second_start() {
    exec 9>"$RUN/lock"
    if everything_runs; then
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

# --- the simulated Microsoft: something to sign in at, for demonstrations on this machine ---------------------------

SIMULATED_SUPPORT=support@musterfirma.example

wants_microsoft() { # only beside the demo data of this folder, and never in the way of a real one
    [[ $(setting FLASK_ENV) != production && -z $(setting DATABASE_URL)$(setting DATA_DIR) ]] || return 1
    [[ -e $RUN/first-start || ! -e instance/helpdesk.db || -e instance/demo-logins.json ]] || return 1
    [[ $(setting SITE_URL) =~ ^http://(localhost|127\.0\.0\.1)(:[0-9]+)?/?$ ]] || return 1
    ! has_own_microsoft && ! knows_registration
}

has_own_microsoft() { # whether the settings speak of Microsoft
    local names='MICROSOFT_[A-Z0-9_]+|GRAPH_BASE_URL(_FILE)?|TEAMS_WEBHOOK_URL(_FILE)?'
    { env && if [[ -f .env ]]; then cat .env; fi; } |
        grep -E "^[[:space:]]*(export[[:space:]]+)?($names)[[:space:]]*=[[:space:]]*[^[:space:]]" >/dev/null
}

knows_registration() { # whether administrators have entered an app registration
    [[ -e instance/helpdesk.db ]] && "$PY" - <<'PYTHON'
import contextlib, json, sqlite3, sys
rows = []
with contextlib.closing(sqlite3.connect("file:instance/helpdesk.db?mode=ro", uri=True)) as database:
    with contextlib.suppress(sqlite3.OperationalError): # the table is not there yet
        rows = database.execute("SELECT data FROM stored_settings WHERE name = 'microsoft'").fetchall()
sys.exit(not any(json.loads(data).get("client_id") for (data,) in rows))
PYTHON
}

choose_microsoft_ports() { # prints two free ones: those of the settings, otherwise the first from PORT + 443 on
    "$PY" - "$PORT" "$(setting SIMULATED_MICROSOFT_PORT)" "$(setting SIMULATED_MICROSOFT_PAGES_PORT)" <<'PYTHON'
import socket, sys
def free(port):
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return port > 0
first = int(sys.argv[1]) + 443
found = [int(one) if one.isdigit() else 0 for one in sys.argv[2:] if one]
if not all(map(free, found)):
    sys.exit(1)
candidates = (one for one in (*range(first, 65536), *range(8443, 10000)) if one not in found and free(one))
print(*(int(one) if one else next(candidates) for one in sys.argv[2:]))
PYTHON
}

start_microsoft() { # and tells everything started later, by its environment, whom to take for Microsoft
    local ports site told='' name value i
    say "      Simuliertes Microsoft 365" "      Simulated Microsoft 365"
    ports=$(choose_microsoft_ports) || fail \
        "SIMULATED_MICROSOFT_PORT und SIMULATED_MICROSOFT_PAGES_PORT nennen keine freien Ports." \
        "SIMULATED_MICROSOFT_PORT and SIMULATED_MICROSOFT_PAGES_PORT name no free ports."
    site=$(setting SITE_URL)
    pages_url=http://127.0.0.1:${ports#* }
    launch microsoft "$PY" tools/microsoft_simulator.py --port "${ports% *}" --pages-port "${ports#* }" \
        --data "$HERE/instance/microsoft" --logout-url "${site%/}/auth/microsoft/signed-out"
    for ((i = 0; i < 150; i++)); do
        running microsoft || give_up microsoft
        told=$(microsoft_settings 2>/dev/null) && break
        sleep 0.2
    done
    [[ $told ]] || give_up microsoft
    while IFS='=' read -r name value; do export "$name=$value"; done <<<"$told"
    value=$(setting OUTBOUND_ALLOW)
    export OUTBOUND_ALLOW="${value:+$value,}${MICROSOFT_AUTHORITY#https://}"
    has_own_mail || export DEFAULT_FROM_EMAIL=$SIMULATED_SUPPORT MICROSOFT_MAILBOXES=$SIMULATED_SUPPORT \
        SCHEDULE_MAIL_DELTA=10s
}

microsoft_settings() { # prints them; its certificate is trusted besides the public ones
    "$PY" - "$pages_url" <<'PYTHON'
import json, pathlib, sys, urllib.request
import certifi
line = urllib.request.build_opener(urllib.request.ProxyHandler({}))
told = json.load(line.open(f"{sys.argv[1]}/_simulator/", timeout=3))
own = pathlib.Path(told["ca_file"])
trusted = own.with_name("trusted.pem")
trusted.write_bytes(pathlib.Path(certifi.where()).read_bytes() + b"\n" + own.read_bytes())
names = {"TENANT_ID": "tenant_id", "CLIENT_ID": "client_id", "CLIENT_SECRET": "client_secret", "AUTHORITY": "base_url"}
for name, key in names.items():
    print(f"MICROSOFT_{name}={told[key]}")
print(f"MICROSOFT_CA_FILE={trusted}\nGRAPH_BASE_URL={told['graph_url']}\nTEAMS_WEBHOOK_URL={told['teams_url']}")
PYTHON
}

has_own_mail() {
    local name
    for name in DEFAULT_FROM_EMAIL EMAIL_USERNAME IMAP_HOST IMAP_USERNAME SMTP_HOST SMTP_USERNAME; do
        if [[ $(setting "$name")$(setting "${name}_FILE") ]]; then return; fi
    done
    return 1
}

show_microsoft() {
    [[ $pages_url ]] || return 0
    say "Microsoft 365 zum Ausprobieren (simuliert, nur auf diesem Rechner, ohne Kennwörter):
  Anmeldung      „Mit Microsoft anmelden“: ein Konto wählen, zum Beispiel Carla Kunde oder Anton Agent" \
        "Microsoft 365 to try it with (simulated, on this machine only, without passwords):
  Sign-in        “Sign in with Microsoft”: choose an account, Carla Kunde or Anton Agent for instance"
    [[ ${MICROSOFT_MAILBOXES:-} != "$SIMULATED_SUPPORT" ]] || say "  Mail           $pages_url/#mail: was an $SIMULATED_SUPPORT geht, wird ein Ticket" \
        "  Mail           $pages_url/#mail: what is sent to $SIMULATED_SUPPORT becomes a ticket"
    say "  Teams          $pages_url/#cards: die Karten zu kritischen Tickets und Zuweisungen" \
        "  Teams          $pages_url/#cards: the cards about critical tickets and assignments"
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
        for name in web worker ${pages_url:+microsoft}; do
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
    local empty='' background='' alone='' argument pages_url=
    for argument in "$@"; do
        case $argument in
            --empty) empty=1 ;;
            --without-microsoft) alone=1 ;;
            --background) background=1 ;;
            *) misused ;;
        esac
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
    trap stop_processes EXIT
    trap 'say "Wird beendet …" "Stopping …"; exit 0' INT TERM HUP
    if [[ ! $empty && ! $alone ]] && wants_microsoft; then start_microsoft; fi
    begin "Datenbank" "Database"
    prepare_database "$empty"

    begin "Webserver und Worker" "Web server and worker"
    printf '%s\n' "$(setting SITE_URL)" >"$RUN/address"
    rm -f "$RUN/worker-is-up" # the worker writes it when its code is loaded and its queue is open
    launch web "$PY" -m gunicorn -c deploy/gunicorn.conf.py "app:create_app()"
    launch worker "$PY" -m celery -A app.celery_app worker -B --pool threads -c 2 \
        --without-gossip --without-mingle --without-heartbeat --pidfile "$RUN/worker-is-up"
    wait_until_ready

    begin "Bereit: $(<"$RUN/address")" "Ready: $(<"$RUN/address")"
    show_logins
    show_microsoft
    if [[ $background ]]; then
        trap - EXIT
        say "Beenden: ./deploy.sh local stop" "Stop it: ./deploy.sh local stop"
        return
    fi
    say "Beenden mit Strg+C." "Stop it with Ctrl-C."
    supervise
}

supervise() { # returns only through an exit: Ctrl-C, "local stop" elsewhere, or the end of one process
    local pid started pids=()
    recorded web && pids+=("$pid")
    recorded worker && pids+=("$pid")
    if recorded microsoft; then pids+=("$pid"); fi
    wait -n "${pids[@]}" || true
    [[ -e $RUN/web.pid ]] || exit 0 # "local stop" was called elsewhere
    if ! running web; then ended web; fi
    if ! running worker; then ended worker; fi
    ended microsoft
}

ended() {
    tail -n 20 "logs/$1.log" >&2
    fail "Unerwartet beendet: $1; mehr in logs/$1.log." "Ended unexpectedly: $1; more in logs/$1.log."
}

local_stop() {
    local found=
    if running web || running worker || running microsoft; then found=1; fi
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
