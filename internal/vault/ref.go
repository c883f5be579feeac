// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"path/filepath"
	"strings"
)

// Scheme says which backend a reference means.
type Scheme string

// The schemes of references.
const (
	SchemeKV   Scheme = "vault"  // vault://mount/path#field: HashiCorp Vault or OpenBao, KV version 2
	SchemeAWS  Scheme = "aws-sm" // aws-sm://name#field: AWS Secrets Manager; without #field the whole string
	SchemeFile Scheme = "file"   // file:path#field: a file sealed with age
	SchemeEnv  Scheme = "env"    // env:NAME: a variable of the environment, read only
)

// Ref names a secret and says nothing about its value; it may be shown.
type Ref struct {
	Scheme Scheme
	Mount  string // of SchemeKV only: where the KV engine is mounted
	Path   string // path below the mount, name or ARN, file, or variable
	Field  string // key inside; empty for SchemeEnv, may be empty for SchemeAWS
}

// ParseRef reads a reference. Text that is none gives ErrLiteral, for it is likely the secret itself; a
// reference that is not complete gives ErrInvalid. Neither error repeats the text.
func ParseRef(text string) (Ref, error) {
	if rest, ok := strings.CutPrefix(text, "vault://"); ok {
		rest, field, _ := strings.Cut(rest, "#")
		mount, path, _ := strings.Cut(rest, "/")
		if !clean(mount) || !clean(path) || !validField(field) {
			return Ref{}, fail("read", Ref{}, ErrInvalid, "a reference to Vault is vault://mount/path#field")
		}
		return Ref{SchemeKV, mount, path, field}, nil
	}
	if rest, ok := strings.CutPrefix(text, "aws-sm://"); ok {
		name, field, cut := strings.Cut(rest, "#")
		if !clean(name) || cut && !validField(field) {
			return Ref{}, fail("read", Ref{}, ErrInvalid, "a reference to AWS Secrets Manager is aws-sm://name#field")
		}
		return Ref{SchemeAWS, "", name, field}, nil
	}
	if rest, ok := strings.CutPrefix(text, "file:"); ok {
		path, field, _ := strings.Cut(rest, "#")
		if path == "" || strings.ContainsRune(path, 0) || !validField(field) {
			return Ref{}, fail("read", Ref{}, ErrInvalid, "a reference to a sealed file is file:path#field")
		}
		return Ref{SchemeFile, "", path, field}, nil
	}
	if name, ok := strings.CutPrefix(text, "env:"); ok {
		if !validName(name) {
			return Ref{}, fail("read", Ref{}, ErrInvalid, "a reference to the environment is env:NAME")
		}
		return Ref{SchemeEnv, "", name, ""}, nil
	}
	return Ref{}, fail("read", Ref{}, ErrLiteral, "give a reference: vault://mount/path#field, aws-sm://name#field, file:path#field or env:NAME")
}

// String is the reference as it is written in configuration; empty for the zero Ref.
func (r Ref) String() string {
	var s string
	switch r.Scheme {
	case SchemeKV:
		s = "vault://" + r.Mount + "/" + r.Path
	case SchemeAWS:
		s = "aws-sm://" + r.Path
	case "":
		return ""
	default:
		s = string(r.Scheme) + ":" + r.Path
	}
	if r.Field != "" {
		s += "#" + r.Field
	}
	return s
}

// Overlaps reports whether writing one reference changes what the other one names.
func (r Ref) Overlaps(o Ref) bool {
	a, b := r.Path, o.Path
	if r.Scheme == SchemeFile {
		a, b = absolute(a), absolute(b)
	}
	return r.Scheme == o.Scheme && r.Mount == o.Mount && a == b && (r.Field == o.Field || r.Field == "" || o.Field == "")
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// clean refuses what would mean another path on the server than it seems to.
func clean(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("?#%\\", r) })
}

func validField(f string) bool {
	return f != "" && len(f) <= 128 && f != stagesKey && !strings.ContainsFunc(f, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

func validName(n string) bool {
	for i, r := range n {
		letter := r == '_' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return n != ""
}
