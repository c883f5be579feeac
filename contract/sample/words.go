// SPDX-License-Identifier: Apache-2.0

package sample

import "strings"

// byName guesses a text from a property's name: the whole name first, then how
// it ends.
func byName(name string) (string, bool) {
	name = strings.ToLower(name)
	if v, ok := wholeName(name); ok {
		return v, true
	}
	for _, e := range endings() {
		if strings.HasSuffix(name, e.end) {
			return e.text, true
		}
	}
	return "", false
}

func wholeName(name string) (string, bool) {
	switch name {
	case "given", "givenname", "preferred":
		return "Ada", true
	case "family1", "familyname":
		return "Moreau", true
	case "family2", "middle", "middlename":
		return "Lind", true
	case "fullname", "approvername", "formatted":
		return "Ada Moreau", true
	case "origin", "airport", "homeairport":
		return "LHR", true
	case "destination":
		return "JFK", true
	case "city", "cityname", "locality":
		return "London", true
	case "citycode", "groupcitycode":
		return "LON", true
	case "administrativearea", "statecode":
		return "ENG", true
	case "statename", "administrativeareaname":
		return "England", true
	case "country", "countryname":
		return "United Kingdom", true
	case "timezone":
		return "Europe/London", true
	case "locale", "preferredlanguage", "languagecode":
		return "en-GB", true
	case "airlinename", "operatingairlinename", "carriername":
		return "British Airways", true
	case "airline", "airlines", "validatingairline", "selectedairlines":
		return "BA", true
	case "airlinenumber", "flightnumber", "num":
		return "117", true
	case "seatnumber", "seatidentifier":
		return "14C", true
	case "seatnumbers":
		return "14C", true
	case "bookingcode":
		return "Y", true
	case "farebasiscode":
		return "YOWGB", true
	case "brandname":
		return "Economy Flex", true
	case "brandcode":
		return "ECOFLEX", true
	case "ticketnumber", "originalticketnumber", "associatedticketnumber":
		return "1252345678901", true
	case "gate":
		return "B36", true
	case "terminal":
		return "5", true
	case "hotelname":
		return "Harbour Hotel", true
	case "chainname":
		return "Harbour Hotels", true
	case "chaincode", "masterchaincode", "hotelchaincodes", "chaincodes":
		return "HH", true
	case "hotelcode", "hotelcodes", "hotelid":
		return "HH1042", true
	case "addresslines", "streetaddress", "address":
		return "12 Quay Street", true
	case "postalcode":
		return "E14 5AB", true
	case "organization", "companyname", "registeredname", "dba":
		return "Example Manufacturing", true
	case "department", "departments":
		return "Engineering", true
	case "costcenter", "costcenters":
		return "CC-410", true
	case "designation", "title", "positiontitles":
		return "Engineer", true
	case "employeeid", "employeenumber":
		return "E-1042", true
	case "tripname":
		return "London to New York", true
	case "policyname":
		return "Standard policy", true
	case "budgetname":
		return "Travel 2027", true
	case "rolename":
		return "Travel manager", true
	case "vendorname":
		return "Northern Cars", true
	case "vendor", "vendors", "vendorid":
		return "ZE", true
	case "vehiclename":
		return "Compact estate", true
	case "cardnumber", "number":
		return cardNumber, true
	case "cvv":
		return "123", true
	case "docid":
		return "X1234567", true
	case "pcc", "owningpcc", "pccs":
		return "0A1B", true
	case "taxcode":
		return "GB", true
	case "text", "message", "note", "notes", "internalnotes":
		return "Checked by the travel desk.", true
	case "reason":
		return "Meeting moved to another day.", true
	case "grant_type":
		return "client_credentials", true
	case "token_type":
		return "Bearer", true
	case "client_id", "clientid":
		return "as_client_4c1b7e", true
	case "client_secret", "clientsecret":
		return "example-secret", true
	case "access_token", "refresh_token", "subject_token", "actiontoken":
		return "example-token", true
	case "username":
		return "ada.moreau@example.com", true
	case "predicatestring":
		return "true", true
	case "description":
		return "Planning week with the New York team.", true
	case "keyword", "searchtext", "searchquery", "searchterm", "namequery":
		return "lon", true
	case "version":
		return "1", true
	}
	return "", false
}

// cardNumber is the card networks' public test number.
const cardNumber = "4242424242424242"

type ending struct{ end, text string }

// endings are tried in order, so longer ones come first.
func endings() []ending {
	return []ending{
		{"currencycode", "USD"}, {"currency", "USD"},
		{"airlinecode", "BA"}, {"carriercode", "BA"}, {"airlinecodes", "BA"},
		{"airportcode", "LHR"}, {"airportcodes", "LHR"}, {"airportname", "London Heathrow"},
		{"citycodes", "LON"}, {"continentcode", "EU"},
		{"countrycode", "GB"}, {"countrycodes", "GB"}, {"countries", "GB"}, {"country", "GB"}, {"regioncode", "GB"},
		{"departurecountry", "GB"}, {"arrivalcountry", "US"}, {"nationality", "GB"},
		{"emailaddress", "ada.moreau@example.com"}, {"emailaddresses", "ada.moreau@example.com"},
		{"email", "ada.moreau@example.com"}, {"emaildomains", "example.com"}, {"domain", "example.com"},
		{"phone", "+442079460123"}, {"fax", "+442079460124"},
		{"url", "https://example.com/airside"}, {"urls", "https://example.com/airside"},
		{"uri", "https://example.com/airside"}, {"link", "https://example.com/airside"},
		{"image", "https://example.com/image.png"}, {"path", "/trips"}, {"page", "https://example.com/page"},
		{"color", "#1A6B54"}, {"dark", "#0F4032"}, {"light", "#DCEFE8"},
		{"pnrid", "6129384750"}, {"tripid", "4283910561"}, {"pnrids", "6129384750"}, {"tripids", "4283910561"},
		{"sourcepnr", "QX7T2M"}, {"confirmationid", "QX7T2M"}, {"confirmationnumber", "QX7T2M"},
		{"referenceid", "REF-2041"}, {"externalid", "EXT-2041"}, {"externalids", "EXT-2041"},
		{"key", "key-2041"}, {"token", "token-2041"}, {"id", "id-2041"}, {"ids", "id-2041"},
		{"code", "A1"}, {"codes", "A1"}, {"number", "2041"}, {"numbers", "2041"},
		{"description", "Planning week with the New York team."}, {"text", "Example text"},
		{"label", "Example"}, {"name", "Example"}, {"names", "Example"}, {"type", "EXAMPLE"}, {"value", "Example"},
	}
}

// titles give a name to what a word stands for.
func titles() []ending {
	return []ending{
		{"legalentit", "Example Manufacturing Ltd"}, {"office", "London office"}, {"department", "Engineering"},
		{"costcenter", "CC-410"}, {"policy", "Standard policy"}, {"role", "Travel manager"},
		{"group", "Engineering leads"}, {"event", "Planning week"}, {"template", "Team offsite"},
		{"trip", "London to New York"}, {"hotel", "Harbour Hotel"}, {"airport", "London Heathrow"},
		{"airline", "British Airways"}, {"station", "London Euston"}, {"company", "Example Manufacturing"},
		{"budget", "Travel 2027"}, {"user", "Ada Moreau"}, {"traveler", "Ada Moreau"}, {"customfield", "Project code"},
		{"field", "Project code"}, {"card", "Corporate card"}, {"payment", "Corporate card"}, {"grade", "Grade 7"},
		{"tax", "Value added tax"}, {"fee", "Booking fee"}, {"seat", "Window seat"}, {"document", "itinerary.pdf"},
	}
}
