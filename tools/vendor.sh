#!/bin/sh
# Fetches the browser packages that the product serves itself into app/static/vendor, with licences and checksums.
# For maintainers (needs npm); whoever runs the product needs neither npm nor this script.
set -eu
export LC_ALL=C

cd "$(dirname "$0")/.."
target=app/static/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch NAME VERSION FOLDER: unpacks one published package
fetch() {
    mkdir -p "$work/$3"
    archive=$(cd "$work" && npm pack --silent "$1@$2")
    tar -xzf "$work/$archive" -C "$work/$3" --strip-components=1
}

# keep FOLDER FILE NAME: copies one file of a package unchanged
keep() {
    cp "$work/$1/$2" "$target/$3"
    chmod 644 "$target/$3"
}

fetch bootstrap 5.3.8 bootstrap
fetch @popperjs/core 2.11.8 popper
fetch bootstrap-icons 1.13.2 icons
fetch htmx.org 2.0.11 htmx
fetch idiomorph 0.8.0 idiomorph
fetch swagger-ui-dist 5.35.0 swagger

mkdir -p "$target"
keep bootstrap dist/css/bootstrap.min.css bootstrap.min.css
keep bootstrap dist/js/bootstrap.bundle.min.js bootstrap.bundle.min.js
keep htmx dist/htmx.min.js htmx.min.js
keep idiomorph dist/idiomorph-ext.min.js idiomorph-ext.min.js
keep swagger swagger-ui.css swagger-ui.css
keep swagger swagger-ui-bundle.js swagger-ui-bundle.js
keep swagger LICENSE LICENSE-swagger-ui.txt
keep swagger NOTICE NOTICE-swagger-ui.txt
keep swagger swagger-ui-bundle.js.LICENSE.txt LICENSE-swagger-ui-bundle.txt
keep bootstrap LICENSE LICENSE-bootstrap.txt
keep popper LICENSE.md LICENSE-popper.txt
keep icons LICENSE LICENSE-bootstrap-icons.txt
keep htmx LICENSE LICENSE-htmx.txt
keep idiomorph LICENSE LICENSE-idiomorph.txt
python3 tools/icons.py "$work/icons/icons" tools/icons.txt "$target/icons.css"

cd "$target"
sha256sum ./*.css ./*.js ./*.txt | sed 's# \./# #' > SHA256SUMS
