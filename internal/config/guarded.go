// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/airside-travel/airside/internal/secretscan"
)

// guarded refuses a secret in a setting that is no place for one. Settings are printed, by `airside config` and others, so
// a secret must be stopped before it is one. No error repeats the value.
func guarded(sf reflect.StructField, text string) error {
	if sf.Tag.Get("ref") != "" || sf.Tag.Get("secret") != "" && sf.Tag.Get("url") == "" {
		return nil // references are held to their form where they are read; the others are masked
	}
	if shape := secretIn(text); shape != "" {
		return errors.New("must not hold a secret, and holds " + shape + "; treat it as leaked if this was printed or logged")
	}
	if passwords.MatchString(text) {
		return errors.New("must not hold a user or a password")
	}
	list := []string{text}
	if sf.Type == reflect.TypeFor[[]string]() {
		list = split(text)
	}
	for _, one := range list {
		if err := form(sf, one); err != nil {
			return err
		}
	}
	return nil
}

// form holds what is an address or a URL to its form: the tag address, and the tag url with the schemes that it may have.
// One of the scheme "any" is read elsewhere.
func form(sf reflect.StructField, text string) error {
	if text == "" {
		return nil
	}
	if sf.Tag.Get("address") != "" {
		if _, _, err := net.SplitHostPort(text); err != nil || strings.ContainsAny(text, "@/?#") {
			return errors.New("must be HOST:PORT, such as 127.0.0.1:8080")
		}
		return nil
	}
	schemes := sf.Tag.Get("url")
	if schemes == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err == nil && u.User != nil:
		return errors.New("must not hold a user or a password")
	case schemes == "any":
		return nil
	case err != nil || u.Hostname() == "" || u.Fragment != "" || !slices.Contains(strings.Split(schemes, ","), u.Scheme):
		return errors.New("must be a URL such as https://host.example.com, of " + strings.ReplaceAll(schemes, ",", " or "))
	case u.RawQuery != "" && sf.Tag.Get("query") == "":
		return errors.New("must be a URL without a query")
	}
	return nil
}

// What secrets look like where nothing is said about them.
//
//nolint:gochecknoglobals // constant patterns, the rules read once
var (
	passwords = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]*:[^/?#\s]*@`)
	ours      = regexp.MustCompile(`\ba(?:sc|ap|st|sr)_[A-Za-z0-9_-]{32,}`) // mistyped ones, too
	carrying  = regexp.MustCompile(`(?i)([?&][^=&#\s]*(?:pass|pwd|secret|token|key|sig|auth|cred)[^=&#\s]*=)[^&#,\s]+`)
	scanner   = sync.OnceValue(func() *secretscan.Scanner {
		s, err := secretscan.New("")
		if err != nil {
			panic(err) // the rules are part of the program, and tested
		}
		return s
	})
)

// shortest is how long the shortest secret with a shape is.
const shortest = 20

// secretIn says what secret a text looks like; "" for none.
func secretIn(text string) string {
	if len(text) < shortest {
		return ""
	}
	if ours.MatchString(text) {
		return "a client secret or token of this platform"
	}
	if found := scanner().Text("", []byte(text), 1); len(found) > 0 {
		return found[0].Description
	}
	return ""
}

func split(text string) []string { return strings.Split(strings.ReplaceAll(text, " ", ""), ",") }
