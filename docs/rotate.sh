#!/bin/sh
# rotate.sh KEY FILE: renew the token of an API key, store it in FILE, and delete the old one once nothing uses it.
# After any failure run it again: it goes on where it stopped. docs/api.md says what it needs.
set -eu
umask 077
key=$1 file=$2
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# Headers come from the standard input: arguments can be read by every user of the machine.
ask() { # KEY FILE METHOD PATH: print the status; the answer is in $answer
    printf 'X-VTEX-API-AppKey: %s\nX-VTEX-API-AppToken: %s\n' "$1" "$(cat "$2")" |
        curl --silent --show-error --header @- --request "$3" --include --output "$answer" --write-out '%{http_code}' "$API/api/$4"
}

as_caller() { ask "$CALLER_KEY" "$CALLER_TOKEN_FILE" "$@"; }
renewal() { as_caller PATCH "vtexid/apikey/$key/apitoken/$1"; }
field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" "$answer"; }

needs() { # EXPECTED STATUS
    [ "$1" = "$2" ] || { echo "$key: $2 $(field code)" >&2; exit 1; }
}

stored_is_old() { # the check says so of the old token of a renewal
    needs 204 "$(ask "$key" "$file" GET verify)"
    grep -qi '^deprecation:' "$answer"
}

last_use() {
    needs 200 "$(as_caller GET "vlm/appkeys?appKey=$key")"
    field lastUsedToken
}

status=$(renewal renew)
if [ "$status" = 409 ] && stored_is_old; then # the answer with the new token was lost
    needs 200 "$(renewal undo-renewal)"
    status=$(renewal renew)
fi
if [ "$status" != 409 ]; then # else it is stored already, and only the end is missing
    needs 200 "$status"
    field newToken > "$file.new"
    mv "$file.new" "$file"
fi

${RELOAD:-true} # whatever makes the integration read FILE again

wait=${WAIT:-3600}
while
    before=$(last_use)
    sleep "$wait"
    [ "$before" != "$(last_use)" ]
do :; done

needs 200 "$(renewal finish-renewal)"
