#!/usr/bin/env bash
# The five-minute tour of README.md: from nothing to a booked and cancelled round trip, with curl and jq.
#
#   docs/tour.sh                 starts `airside dev` itself and stops it at the end
#   AIRSIDE_URL=… AIRSIDE_CLIENT_ID=… AIRSIDE_CLIENT_SECRET=… docs/tour.sh
#                                uses a server that runs already (its TMC must be new to this tour's company name)
#
# It ends with status 0 only when every step did what it says. WEBHOOK_PORT (9797) is where it receives events.
set -euo pipefail

work=$(mktemp -d)
server= receiver=
finish() {
  for pid in $receiver $server; do
    if kill "$pid" 2>/dev/null; then wait "$pid" 2>/dev/null || true; fi
  done
  rm -rf "$work"
}
trap finish EXIT

say() { printf '\n# %s\n' "$*"; }
fail() { echo "tour: $*" >&2; exit 1; }

# until FILE PATTERN: waits, at most 20 seconds, until the file has a line that fits.
until_line() {
  for _ in $(seq 100); do
    if grep -q "$2" "$1" 2>/dev/null; then return 0; fi
    sleep 0.2
  done
  fail "no $2 in 20 seconds"
}

# call METHOD PATH [BODY]: one request; the answer goes to standard output, a refusal ends the tour.
call() {
  local method=$1 path=$2 status
  local args=(-sS -X "$method" "$AIRSIDE_URL$path" -H "Authorization: Bearer $token" -o "$work/answer" -w '%{http_code}')
  if [ $# -gt 2 ]; then args+=(-H 'Content-Type: application/json' --data "$3"); fi
  status=$(curl "${args[@]}") || fail "$method $path: no answer"
  case $status in
    2??) cat "$work/answer" ;;
    *) fail "$method $path answered $status: $(cat "$work/answer")" ;;
  esac
}

if [ -z "${AIRSIDE_URL:-}" ]; then
  say "start the platform in memory"
  airside dev --listen 127.0.0.1:0 --json > "$work/ready" 2> "$work/log" &
  server=$!
  until_line "$work/ready" baseUrl
  AIRSIDE_URL=$(jq -r .baseUrl "$work/ready")
  AIRSIDE_CLIENT_ID=$(jq -r .clientId "$work/ready")
  AIRSIDE_CLIENT_SECRET=$(jq -r .clientSecret "$work/ready")
  echo "$AIRSIDE_URL"
fi

say "get a token"
token=$(curl -sS "$AIRSIDE_URL/v2/auth/oauth2-token" -d grant_type=client_credentials \
  -d "client_id=$AIRSIDE_CLIENT_ID" --data-urlencode "client_secret=$AIRSIDE_CLIENT_SECRET" | jq -er .access_token)
echo "a token of ${#token} characters"

say "make a company, a legal entity and an office"
company=$(call POST /v2/companies '{
  "name": "Harbour Light Instruments", "billingCurrency": "USD", "companyRoles": ["ORG"], "emailDomains": ["example.com"]
}' | jq -er .id)
entity=$(call POST "/v2/companies/$company/legal-entities" '{
  "name": "Harbour Light Instruments Ltd", "billingCurrency": "USD",
  "address": {"addressLines": ["12 Quay Street"], "locality": "London", "postalCode": "E14 5AB", "regionCode": "GB"}
}' | jq -er .id)
office=$(call POST "/v2/companies/$company/legal-entities/$entity/offices" '{
  "name": "London", "address": {"addressLines": ["12 Quay Street"], "locality": "London", "postalCode": "E14 5AB", "regionCode": "GB"}
}' | jq -er .id)
echo "company $company, entity $entity, office $office"

say "make a traveler"
traveler=$(call POST /v2/users "$(jq -n --arg company "$company" --arg entity "$entity" --arg office "$office" '{
  persona: "EMPLOYEE",
  personalInfo: {name: {given: "Ada", family1: "Moreau"}, gender: "FEMALE", dob: {iso8601: "1988-04-12"}},
  businessInfo: {
    email: "ada.moreau@example.com", employeeId: "E-1001",
    organizationRef: {id: $company}, legalEntityRef: {id: $entity}, officeRef: {id: $office}
  }
}')" | jq -er .id)
echo "traveler $traveler"

say "make a trip"
trip=$(call POST /v2/trips "$(jq -n --arg user "$traveler" '{
  tripName: "London to New York", userId: {id: $user}, registrarId: {id: $user}
}')" | jq -er .id)
echo "trip $trip"

say "subscribe to bookings and receive them here"
endpoint="http://127.0.0.1:${WEBHOOK_PORT:-9797}/"
secret=$(call POST /v3/webhooks/subscriptions "$(jq -n --arg company "$company" --arg url "$endpoint" '{
  name: "tour", subscriberId: $company, url: $url, eventTypes: ["PNR_V3"],
  eventSource: {scopes: [{predicates: [{type: "COMPANY", values: [$company]}]}]}
}')" | jq -er .hmacSigningSecret)
airside webhook listen --port "${WEBHOOK_PORT:-9797}" --secret "$secret" --json > "$work/events" 2> "$work/receiver" &
receiver=$!
until_line "$work/receiver" 'listening on'
echo "$endpoint"

day=$(jq -rn 'now + 60*86400 | strftime("%Y-%m-%d")')
back=$(jq -rn 'now + 67*86400 | strftime("%Y-%m-%d")')
total='"\(((.base.amount + .tax.amount) * 100 | round) / 100) \(.base.currencyCode)"'
fares=".itineraryDetails.itineraries[:3][].fareInfo.totalFare | $total"

say "search New York to Sydney, one way, on $day"
call POST /v2/air/search-flights "$(jq -n --arg user "$traveler" --arg day "$day" '{
  travelers: [{travelerType: "ADULT", travelerInfo: {userId: {id: $user}}}],
  legs: [{origin: {city: "NYC"}, destination: {airport: "SYD"}, date: {iso8601: $day}}]
}')" > "$work/sydney"
jq -e '.itineraryDetails.itineraries | length > 0' "$work/sydney" > "$work/found" || fail "no flight to Sydney"
jq -r "$fares" "$work/sydney"

say "search London Heathrow to New York JFK and back, $day to $back, non-stop with British Airways"
call POST /v2/air/search-flights "$(jq -n --arg user "$traveler" --arg day "$day" --arg back "$back" '{
  travelers: [{travelerType: "ADULT", travelerInfo: {userId: {id: $user}}}],
  legs: [
    {origin: {airport: "LHR"}, destination: {airport: "JFK"}, date: {iso8601: $day}},
    {origin: {airport: "JFK"}, destination: {airport: "LHR"}, date: {iso8601: $back}}
  ],
  filters: [{maxNumStops: 0}, {airlinePref: {airlinePrefs: [{legIndex: 0, airline: ["BA"]}, {legIndex: 1, airline: ["BA"]}]}}]
}')" > "$work/search"
search=$(jq -er .searchId "$work/search")
itinerary=$(jq -er '.itineraryDetails.itineraries[0].itineraryId' "$work/search")
jq -r "$fares" "$work/search"

say "check the first itinerary out"
checkout=$(call POST /v2/air/flight-checkout "$(jq -n --arg s "$search" --arg i "$itinerary" '{searchId: $s, itineraryId: $i}')" | jq -er .checkoutResponseId)
echo "checkout of ${#checkout} characters"

say "revalidate: confirm price and seats"
call POST /v2/air/revalidate-itinerary "$(jq -n --arg checkout "$checkout" --arg trip "$trip" --arg user "$traveler" '{
  workflowIds: {checkoutResponseId: $checkout}, tripId: {id: $trip},
  travelers: [{travelerDetails: {travelerInfo: {userId: {id: $user}}}, seats: [], baggages: []}]
}')" > "$work/revalidated"
jq -r ".fareBreakDown.totalFare | $total" "$work/revalidated"

say "book"
call POST /v2/air/create-pnr "$(jq '{bookingId}' "$work/revalidated")" > "$work/booked"
pnr=$(jq -er .pnrId "$work/booked")
jq -c . "$work/booked"

say "read the trip"
call GET "/v3/trips/$trip/detail" > "$work/trip"
jq -e --arg pnr "$pnr" '.pnrs | map(.pnrId) | index($pnr) != null' "$work/trip" > "$work/found" || fail "the trip does not hold the booking"
jq -r '.tripBookingStatus, (.pnrs[].data.airPnr.legs[]?.flights[]? | "\(.marketing.airlineCode)\(.marketing.num) \(.departureDateTime.iso8601)")' "$work/trip"

say "look at the tickets: numbers, coupons, and taxes that add up"
tickets='.pnrs[0].data.airPnr.travelerInfos[].tickets[]'
jq -r "$tickets"' | "\(.ticketNumber) \(.status) with \(.flightCoupons | length) coupons (\(.flightCoupons | map(.status) | unique | join(", ")))"' "$work/trip"
jq -e "[$tickets"' | (([.taxBreakdown.tax[].amount.amount] | add) - .amount.tax.amount) | fabs < 0.005] | length > 0 and all' "$work/trip" > "$work/found" ||
  fail "the taxes of a ticket do not add up"

say "ask how it can be cancelled"
call GET "/v2/trips/$trip/pnrs/$pnr/cancellation-details" > "$work/ways"
option=$(jq -er '.cancellationDetails.air.cancellationOptions[0].optionId' "$work/ways")
jq -r '.cancellationDetails.air | .cancellationState, (.cancellationOptions[] | "\(.cancellationType) until \(.offerExpiryInfo.dateTime.iso8601)")' "$work/ways"

say "cancel"
call POST /v2/air/cancel-pnr "$(jq -n --arg pnr "$pnr" --arg option "$option" '{pnrId: $pnr, optionId: $option}')" | jq -c '{status, automaticCancellationInfo}'

say "read the trip again"
call GET "/v3/trips/$trip/detail" > "$work/after"
jq -r '.tripBookingStatus, (.pnrs[].data.bookingStatus)' "$work/after"
jq -e '.pnrs[0].data.bookingStatus | test("CANCELLED|VOIDED")' "$work/after" > "$work/found" || fail "the booking is not cancelled"
flights='[.pnrs[].data.airPnr.legs[].flights[]] | length'
echo "$(jq "$flights" "$work/after") flights still listed, $(jq -r '.tripPaymentInfo.totalFare | "\(.amount) \(.currencyCode)"' "$work/after") to pay"
[ "$(jq "$flights" "$work/trip")" = "$(jq "$flights" "$work/after")" ] || fail "flights are gone from the trip"
jq -e '.tripPaymentInfo.totalFare.amount == 0' "$work/after" > "$work/found" || fail "the money is not back"

say "what the webhook receiver got"
until_line "$work/events" '"TICKET_VOIDED"'
jq -r '.event | "\(.timestamp)  \(.event_type)  \(.operation)"' "$work/events"
