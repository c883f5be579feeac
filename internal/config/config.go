// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/network"
)

// Config is everything the process can be told. The tags are its reference.
type Config struct {
	Listen        string        `env:"AIRSIDE_LISTEN" address:"true" default:"127.0.0.1:8080" help:"address to serve on; port 0 picks a free one"`
	BaseURL       string        `env:"AIRSIDE_BASE_URL" url:"http,https" help:"public URL of this server, for links in answers; made from the address when empty"`
	Database      string        `env:"AIRSIDE_DATABASE_URL" default:"sqlite:airside.db" help:"where data lives: sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE or memory:" secret:"url"`
	MasterKey     string        `env:"AIRSIDE_MASTER_KEY_FILE" help:"file with the key (32 bytes, base64) that seals the data keys; made beside the database when absent, but needed for postgres:"`
	MaxBody       int           `env:"AIRSIDE_MAX_BODY" default:"10000000" help:"largest request body, in bytes"`
	TrustedHops   int           `env:"AIRSIDE_TRUSTED_HOPS" default:"0" help:"reverse proxies in front whose X-Forwarded-For entry is believed"`
	Networks      []string      `env:"AIRSIDE_ALLOW_NETWORKS" help:"networks that may call at all, CIDR blocks or addresses, separated by commas; empty for everybody"`
	Rate          float64       `env:"AIRSIDE_RATE" default:"200" allow:"0 or 0.001 to 1000000" help:"requests per second and client; 0 does not limit"`
	Burst         int           `env:"AIRSIDE_BURST" default:"400" help:"requests a client may make at once"`
	TokenRate     float64       `env:"AIRSIDE_TOKEN_RATE" default:"2" allow:"0 or 0.001 to 1000000" help:"token requests per second and address; 0 does not limit"`
	TokenBurst    int           `env:"AIRSIDE_TOKEN_BURST" default:"60" help:"token requests an address may make at once"`
	Follow        time.Duration `env:"AIRSIDE_FOLLOW_WITHIN" default:"250ms" allow:"0s to 10m" help:"on postgres: how old what a process remembers of credentials, rights and clocks may be before it asks whether another one changed it; 0s asks at each request"`
	JWKS          string        `env:"AIRSIDE_JWKS_URL" url:"http,https" query:"true" help:"https URL of the partner's key set, for token exchange besides uploaded keys"`
	HookTimeout   time.Duration `env:"AIRSIDE_WEBHOOK_TIMEOUT" default:"40s" allow:"100ms to 10m" help:"how long a webhook receiver may take"`
	HookNetworks  []string      `env:"AIRSIDE_WEBHOOK_ALLOW_NETWORKS" help:"private networks that webhooks may be sent to, CIDR blocks or addresses, separated by commas; link-local addresses stay closed"`
	Brokers       string        `env:"AIRSIDE_BROKERS_FILE" help:"file with the brokers (NATS JetStream, Kafka) that webhooks may be relayed to; see docs/webhooks.md"`
	Shutdown      time.Duration `env:"AIRSIDE_SHUTDOWN_TIMEOUT" default:"15s" allow:"0s to 1h" help:"how long running requests may take to finish when the process is told to stop"`
	MetricsListen string        `env:"AIRSIDE_METRICS_LISTEN" address:"true" help:"address on which Prometheus finds /metrics, apart from the API; empty for none"`
	AlertSinks    string        `env:"AIRSIDE_ALERT_SINKS_FILE" help:"YAML file of sinks that hear of every tenant's alerts (see alerts.md)"`
	AlertSecrets  []string      `env:"AIRSIDE_ALERT_SECRETS" default:"env:ALERT_SINK_" help:"what references to secrets must begin with in alert sinks that are made by the API, separated by commas"`
	Detect        string        `env:"AIRSIDE_DETECT" default:"auto" help:"whether unusual access is looked for: on, off, or auto, which is on for serve and off for dev"`
	DetectRules   string        `env:"AIRSIDE_DETECT_RULES" help:"YAML file of detection rules and overlays of your own (see detection.md); read again when it changes"`
	LogFormat     string        `env:"AIRSIDE_LOG_FORMAT" default:"json" help:"json or text"`
	LogSinks      []string      `env:"AIRSIDE_LOG_SINKS" url:"any" default:"stderr" help:"where the events of requests go, separated by commas: stderr, stdout, file:PATH, syslog+udp://HOST:PORT (or tcp, tls), syslog+unix:PATH, otlp+http://HOST:PORT (or https), none; options as a query, such as ?format=ocsf (see docs/logs.md)"`
	LogBodies     time.Duration `env:"AIRSIDE_LOG_BODIES" default:"0s" help:"how long the bodies of requests, answers and webhook receipts are kept, redacted and sealed, to look into trouble: 1m to 720h; 0s keeps none (see docs/logs.md)"`
	LogLevel      string        `env:"AIRSIDE_LOG_LEVEL" default:"info" help:"debug, info, warn or error"`

	AuditInterval time.Duration `env:"AIRSIDE_AUDIT_CHECKPOINT_INTERVAL" default:"10s" help:"how often audit trails that grew get a signed checkpoint; 0 for never"`
	AuditDir      string        `env:"AIRSIDE_AUDIT_CHECKPOINT_DIR" help:"folder, better on another machine, to which checkpoints are appended, a file for each tenant"`
	AuditURL      string        `env:"AIRSIDE_AUDIT_CHECKPOINT_URL" url:"http,https" query:"true" help:"URL to which each checkpoint is sent with POST until it answers 2xx"`
	AuditReads    bool          `env:"AIRSIDE_AUDIT_READS" default:"false" help:"record in the audit trail also who read what of people and bookings (class read), before it is answered; true or false"`
	AuditKeep     time.Duration `env:"AIRSIDE_AUDIT_KEEP" default:"9504h" help:"how old audit entries become before they are dropped (9504h is 13 months); 0 keeps all"`
	AuditArchive  string        `env:"AIRSIDE_AUDIT_ARCHIVE_DIR" help:"folder for files with the audit entries that are dropped; without it they are gone"`

	VaultAddress    string        `env:"AIRSIDE_VAULT_ADDRESS" url:"http,https" help:"https URL of HashiCorp Vault or OpenBao, for references vault://mount/path#field; http is taken for loopback addresses only"`
	VaultNamespace  string        `env:"AIRSIDE_VAULT_NAMESPACE" help:"namespace in that server; empty for none"`
	VaultCA         string        `env:"AIRSIDE_VAULT_CA_FILE" help:"certificates (PEM) that sign that server, when they are not public ones"`
	VaultAuth       string        `env:"AIRSIDE_VAULT_AUTH" default:"token" help:"how to log in there: token, approle or kubernetes"`
	VaultAuthMount  string        `env:"AIRSIDE_VAULT_AUTH_MOUNT" help:"where that way of logging in is mounted; its own name when empty"`
	VaultRole       string        `env:"AIRSIDE_VAULT_ROLE" help:"role id of approle, or role of kubernetes"`
	VaultCredential string        `env:"AIRSIDE_VAULT_CREDENTIAL" ref:"true" help:"where the token, secret id or service account token is: a reference (env:NAME, file:path#field) or the path of a mounted file; kubernetes has its own place"`
	VaultCache      time.Duration `env:"AIRSIDE_VAULT_CACHE" default:"5m" allow:"1s to 24h" help:"how long a secret is believed before its vault is asked again"`
	AWSRegion       string        `env:"AIRSIDE_AWS_REGION" help:"region of AWS Secrets Manager, for references aws-sm://name#field; credentials come from AWS's own variables"`
	AWSEndpoint     string        `env:"AIRSIDE_AWS_ENDPOINT" url:"http,https" help:"https URL of AWS Secrets Manager when it is not the region's own; http is taken for loopback addresses only"`
	SealKey         string        `env:"AIRSIDE_SEAL_KEY_FILE" help:"key file of age that opens sealed files, for references file:path#field"`
	SealPassphrase  string        `env:"AIRSIDE_SEAL_PASSPHRASE_FILE" help:"file with the passphrase that opens sealed files, instead of a key file"`

	Environments []string `env:"AIRSIDE_ENVIRONMENTS" help:"names of the real APIs behind this server, separated by commas; each has variables of its own, AIRSIDE_ENV_<NAME>_…"`
	PolicyFile   string   `env:"AIRSIDE_POLICY_FILE" help:"Cedar policies that hold for every application besides its own grants"`
	Applications string   `env:"AIRSIDE_APPLICATIONS_FILE" help:"JSON file that declares applications, as airside app apply reads it; carried out at the start and again when it changes (see gateway.md)"`
	EscrowDir    string   `env:"AIRSIDE_ESCROW_DIR" help:"directory for the answers of rotations until the vault has them, sealed; beside the database when empty"`

	URL          string `env:"AIRSIDE_URL" url:"http,https" default:"http://127.0.0.1:8080" help:"server that the client commands (api, token, webhook) talk to"`
	ClientID     string `env:"AIRSIDE_CLIENT_ID" help:"client id of the client commands"`
	ClientSecret string `env:"AIRSIDE_CLIENT_SECRET" help:"client secret of the client commands" secret:"true"`
	Token        string `env:"AIRSIDE_TOKEN" help:"access token of the client commands, instead of id and secret" secret:"true"`

	Upstreams []Environment // of AIRSIDE_ENVIRONMENTS

	Dev bool // set by the command, never by the environment: loopback webhooks, answers judged, explanations open
}

// prefix is what our variables begin with.
const prefix = "AIRSIDE_"

// Load fills a Config from an environment in the form of os.Environ.
func Load(environ []string) (Config, error) {
	var c Config
	var problems []error
	given := map[string]string{}
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(k, prefix) {
			given[k] = v
		}
	}
	v := reflect.ValueOf(&c).Elem()
	known := make([]string, 0, v.NumField())
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		name := sf.Tag.Get("env")
		if name == "" {
			continue
		}
		known = append(known, name)
		text, ok := said(sf, given, name)
		if ok { // defaults hold no secret
			if err := guarded(sf, text); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
				continue
			}
		}
		if err := set(sf, v.Field(i), text); err != nil {
			problems = append(problems, fmt.Errorf("%s=%q: %w", name, mask(sf, text), err))
		}
	}
	problems = append(problems, c.environments(given)...)
	for name := range given {
		if !slices.Contains(known, name) {
			problems = append(problems, fmt.Errorf("%s is not a setting of this version%s", name, nearest(name, known)))
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return c, errors.Join(append(problems, c.check()...)...)
}

func (c *Config) check() (problems []error) {
	if _, err := c.Prefixes(); err != nil {
		problems = append(problems, fmt.Errorf("AIRSIDE_ALLOW_NETWORKS: %w", err))
	}
	if _, err := c.HookPrefixes(); err != nil {
		problems = append(problems, fmt.Errorf("AIRSIDE_WEBHOOK_ALLOW_NETWORKS: %w", err))
	}
	if !slices.Contains([]string{"json", "text"}, c.LogFormat) {
		problems = append(problems, fmt.Errorf("AIRSIDE_LOG_FORMAT=%q: must be json or text", veiled(c.LogFormat)))
	}
	if !slices.Contains([]string{"auto", "on", "off"}, c.Detect) {
		problems = append(problems, fmt.Errorf("AIRSIDE_DETECT=%q: must be auto, on or off", veiled(c.Detect)))
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		problems = append(problems, fmt.Errorf("AIRSIDE_LOG_LEVEL=%q: must be debug, info, warn or error", veiled(c.LogLevel)))
	}
	if c.LogBodies != 0 && (c.LogBodies < time.Minute || c.LogBodies > maxLogBodies) {
		problems = append(problems, fmt.Errorf("AIRSIDE_LOG_BODIES=%s: must be 0s, which keeps none, or 1m to 720h", c.LogBodies))
	}
	if !slices.Contains([]string{"token", "approle", "kubernetes"}, c.VaultAuth) {
		problems = append(problems, fmt.Errorf("AIRSIDE_VAULT_AUTH=%q: must be token, approle or kubernetes", veiled(c.VaultAuth)))
	}
	if c.JWKS != "" && !strings.HasPrefix(c.JWKS, "https://") && !strings.HasPrefix(c.JWKS, "http://127.0.0.1:") {
		problems = append(problems, errors.New("AIRSIDE_JWKS_URL: must be an https URL"))
	}
	if c.AuditInterval != 0 && c.AuditInterval < time.Second {
		problems = append(problems, fmt.Errorf("AIRSIDE_AUDIT_CHECKPOINT_INTERVAL=%s: must be 0 or at least 1s", c.AuditInterval))
	}
	if c.AuditKeep < 0 || c.AuditKeep != 0 && c.AuditKeep < 24*time.Hour {
		problems = append(problems, fmt.Errorf("AIRSIDE_AUDIT_KEEP=%s: must be 0 or at least 24h", c.AuditKeep))
	}
	if c.MaxBody < 1024 {
		problems = append(problems, fmt.Errorf("AIRSIDE_MAX_BODY=%d: must be at least 1024", c.MaxBody))
	}
	if c.OnPostgres() {
		if c.MasterKey == "" {
			problems = append(problems, errors.New("AIRSIDE_MASTER_KEY_FILE: must be given for postgres:, the same for all processes; `openssl rand -base64 32` makes one"))
		}
	} else if !strings.HasPrefix(c.Database, "sqlite:") && c.Database != "memory:" {
		problems = append(problems, errors.New("AIRSIDE_DATABASE_URL: must be sqlite:PATH, postgres://… or memory:"))
	}
	return problems
}

// maxLogBodies is how long bodies are kept at most: they are for looking into trouble, not an archive.
const maxLogBodies = 30 * 24 * time.Hour

// Detects reports whether unusual access is looked for.
func (c *Config) Detects() bool { return c.Detect == "on" || c.Detect == "auto" && !c.Dev }

// OnPostgres reports whether the data is in a PostgreSQL server.
func (c *Config) OnPostgres() bool {
	return strings.HasPrefix(c.Database, "postgres:") || strings.HasPrefix(c.Database, "postgresql:")
}

// Prefixes are the networks that may call.
func (c *Config) Prefixes() ([]netip.Prefix, error) { return prefixes(c.Networks) }

// HookPrefixes are the private networks that webhooks may be sent to.
func (c *Config) HookPrefixes() ([]netip.Prefix, error) { return prefixes(c.HookNetworks) }

func prefixes(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := network.Parse(s)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", veiled(s), err)
		}
		out = append(out, p)
	}
	return out, nil
}

// said is what a setting is given, else its default. A number, a duration or an address that is given as nothing, as an
// unset variable of a compose file is, was not given: nothing would be read as 0, which for some is no limit.
func said(sf reflect.StructField, given map[string]string, name string) (text string, ok bool) {
	text, ok = given[name]
	means := sf.Type.Kind() == reflect.String && sf.Tag.Get("address") == "" || sf.Type.Kind() == reflect.Slice
	if !ok || text == "" && !means {
		return sf.Tag.Get("default"), false
	}
	return text, true
}

func set(sf reflect.StructField, v reflect.Value, text string) error {
	if text == "" {
		return nil
	}
	switch v.Interface().(type) {
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return errors.New("must be a duration such as 40s or 5m")
		}
		v.SetInt(int64(d))
		return bounded(sf, float64(d))
	case []string:
		v.Set(reflect.ValueOf(split(text)))
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return errors.New("must be a whole number, not negative")
		}
		v.SetInt(int64(n))
		return bounded(sf, float64(n))
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("must be true or false")
		}
		v.SetBool(b)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return errors.New("must be a number")
		}
		v.SetFloat(f)
		return bounded(sf, f)
	default:
		return fmt.Errorf("no way to read a %s", v.Type())
	}
	return nil
}

// mask is a value as it is shown.
func mask(sf reflect.StructField, text string) string {
	switch {
	case text == "":
	case sf.Tag.Get("secret") == "true":
		return "[set]"
	case sf.Tag.Get("secret") == "url":
		return maskURL(text)
	case sf.Tag.Get("ref") != "":
		if !slices.ContainsFunc([]string{"env:", "file:", "vault://", "aws-sm://", "/", "./"}, func(p string) bool { return strings.HasPrefix(text, p) }) {
			return "[set]" // a secret where its place belongs: it is refused where it is read
		}
	case sf.Tag.Get("query") != "":
		if u, query, ok := strings.Cut(text, "?"); ok && query != "" {
			return u + "?[set]" // whoever has the URL may have a right by it
		}
	}
	return veiled(text)
}

// veiled is a text without what a URL in it carries besides an address.
func veiled(text string) string { return carrying.ReplaceAllString(text, "${1}set") }

// maskURL hides the password of a URL; of what is no URL that can be read, everything after the scheme.
func maskURL(text string) string {
	scheme, _, _ := strings.Cut(text, ":")
	if scheme == "sqlite" || scheme == "memory" {
		return text // paths, which may hold anything
	}
	u, err := url.Parse(text)
	if err != nil {
		return scheme + ":[set]"
	}
	if u.User != nil {
		if _, given := u.User.Password(); given {
			u.User = url.UserPassword(u.User.Username(), "set")
		}
	}
	q := u.Query()
	for name := range q {
		if strings.Contains(strings.ToLower(name), "password") {
			q.Set(name, "set")
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// nearest suggests the setting whose name has the most words in common, and of those the one that begins alike, with
// underscores or without; none for a few letters.
func nearest(name string, known []string) string {
	words := strings.Split(strings.TrimPrefix(name, prefix), "_")
	best, most := "", 2
	for _, k := range known {
		theirs := strings.Split(strings.TrimPrefix(k, prefix), "_")
		a, b := strings.Join(words, ""), strings.Join(theirs, "")
		score := 0
		for score < len(a) && score < len(b) && a[score] == b[score] {
			score++
		}
		for _, w := range theirs {
			if slices.Contains(words, w) {
				score += len(name)
			}
		}
		if score > most {
			best, most = k, score
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// Setting is one line of the reference.
type Setting struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // masked when secret
	Default string `json:"default,omitempty"`
	Help    string `json:"help"`
	Set     bool   `json:"set"` // differs from the default
}

// Settings is the reference with the present values.
func (c *Config) Settings() []Setting {
	v := reflect.ValueOf(c).Elem()
	var out []Setting
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		if sf.Tag.Get("env") == "" {
			continue
		}
		value := fmt.Sprint(v.Field(i).Interface())
		if list, ok := reflect.TypeAssert[[]string](v.Field(i)); ok {
			value = strings.Join(list, ",")
		}
		def := reflect.New(sf.Type).Elem()
		_ = set(sf, def, sf.Tag.Get("default")) // defaults parse: Load is tested with none set
		out = append(out, Setting{
			Name: sf.Tag.Get("env"), Value: mask(sf, value), Default: sf.Tag.Get("default"), Help: help(sf),
			Set: !reflect.DeepEqual(def.Interface(), v.Field(i).Interface()),
		})
	}
	return out
}
