// SPDX-License-Identifier: Apache-2.0

package logsink

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Setting says where events go and how.
type Setting struct {
	Kind   string // stdout, stderr, file, syslog, otlp
	Format string // json, text (streams only) or ocsf
	Queue  int    // events that may wait

	Path    string        // of a file, or of a socket
	MaxSize int64         // bytes at which a file is rotated
	MaxAge  time.Duration // after which it is, too; 0 never
	Keep    int           // rotated files that stay; 0 all
	KeepFor time.Duration // how long they stay; 0 for ever
	Sync    time.Duration // at most this much is not on disk yet; 0 leaves it to the system

	Network  string // udp, tcp, tls or unix
	Address  string // host:port
	Facility int
	URL      string // of OTLP
	CA       string // certificates (PEM) that sign the server
}

// Name is what logs and metrics call the sink; it holds no password, because a sink has none.
func (s *Setting) Name() string {
	switch s.Kind {
	case "file":
		return "file"
	case "syslog":
		return "syslog+" + s.Network
	}
	return s.Kind
}

const (
	defaultQueue = 8192
	defaultSize  = 100 << 20
	defaultKeep  = 10
	maxMegabytes = 1 << 20
	local0       = 16 // of the facilities of syslog
)

// Parse reads the sinks of AIRSIDE_LOG_SINKS: stderr, stdout, file:PATH, syslog+udp://HOST:PORT (also tcp, tls),
// syslog+unix:PATH, otlp+http://… and otlp+https://…, with options as a query.
func Parse(list []string) ([]Setting, error) {
	var out []Setting
	var problems []error
	for i, text := range list {
		if text == "" || text == "none" {
			continue
		}
		s, err := parse(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("log sink %s: %w", strings.TrimSpace(strconv.Itoa(i+1)+" "+s.Name()), err)) // not the text, which may hold a password
			continue
		}
		out = append(out, s)
	}
	return out, errors.Join(problems...)
}

func parse(text string) (Setting, error) {
	s := Setting{Format: "json", Queue: defaultQueue, MaxSize: defaultSize, Keep: defaultKeep, Sync: time.Second, Facility: local0}
	u, err := url.Parse(text)
	if err != nil {
		return s, errors.New("is no URL")
	}
	if u.User != nil {
		return s, errors.New("must not hold a user or a password; send to a collector on this host that has one")
	}
	options := []string{"format", "queue"}
	switch scheme, rest, _ := strings.Cut(u.Scheme, "+"); {
	case u.Scheme == "" && (u.Path == "stdout" || u.Path == "stderr"):
		s.Kind = u.Path
	case u.Scheme == "file" && u.Host == "" && u.Opaque+u.Path != "":
		s.Kind, s.Path = "file", u.Opaque+u.Path
		options = append(options, "size", "age", "keep", "keepfor", "sync")
	case scheme == "syslog" && rest == "unix" && u.Host == "" && u.Opaque+u.Path != "":
		s.Kind, s.Network, s.Path = "syslog", rest, u.Opaque+u.Path
		options = append(options, "facility")
	case scheme == "syslog" && slices.Contains([]string{"udp", "tcp", "tls"}, rest) && u.Port() != "":
		s.Kind, s.Network, s.Address = "syslog", rest, u.Host
		options = append(options, "facility", "ca")
	case scheme == "otlp" && (rest == "http" || rest == "https") && u.Host != "":
		s.Kind = "otlp"
		options = append(options, "ca")
		to := *u
		to.Scheme, to.RawQuery = rest, ""
		if to.Path == "" || to.Path == "/" {
			to.Path = "/v1/logs"
		}
		s.URL = to.String()
	default:
		return s, errors.New("must be stdout, stderr, file:PATH, syslog+udp://HOST:PORT, syslog+tcp://…, syslog+tls://…, syslog+unix:PATH, otlp+http://HOST:PORT or otlp+https://…")
	}
	for name, values := range u.Query() {
		if !slices.Contains(options, name) {
			return s, fmt.Errorf("has an option that is none here; it has %s", strings.Join(options, ", "))
		}
		if err := s.option(name, values[0]); err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
	}
	if s.Format == "text" && s.Kind != "stdout" && s.Kind != "stderr" {
		return s, errors.New("format=text is for stdout and stderr")
	}
	return s, nil
}

func (s *Setting) option(name, value string) (err error) {
	switch name {
	case "format":
		if s.Format = value; !slices.Contains([]string{"json", "text", "ocsf"}, value) {
			return errors.New("must be json, text or ocsf")
		}
	case "queue":
		s.Queue, err = number(value, 1, 1<<20)
	case "size":
		megabytes, wrong := number(strings.TrimSuffix(value, "MB"), 1, maxMegabytes)
		if wrong != nil {
			return fmt.Errorf("must be whole megabytes, from 1MB to %dMB", maxMegabytes)
		}
		s.MaxSize = int64(megabytes) << 20
	case "keep":
		s.Keep, err = number(value, 0, 100_000)
	case "facility":
		s.Facility, err = number(value, 0, 23)
	case "age":
		s.MaxAge, err = duration(value)
	case "keepfor":
		s.KeepFor, err = duration(value)
	case "sync":
		s.Sync, err = duration(value)
	case "ca":
		s.CA = value
	}
	return err
}

func number(text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("must be a whole number from %d to %d", least, most)
	}
	return n, nil
}

func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New("must be a duration such as 1s or 24h")
	}
	return d, nil
}
