// SPDX-License-Identifier: Apache-2.0

package vaulttest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// secret is one path of the KV engine.
type secret struct {
	versions         map[int]*version
	newest, most     int
	casRequired      bool
	custom           map[string]any
	created, updated time.Time
}

type version struct {
	data             map[string]any
	created, deleted time.Time
	destroyed        bool
}

// keptVersions is how many versions Vault keeps unless told otherwise.
const keptVersions = 10

// Put writes a secret past all logins, as an operator would, and returns its version.
func (s *KV) Put(path string, data map[string]any) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(path, data).newest
}

// Data is the newest version of a secret; nil when there is none.
func (s *KV) Data(path string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.secrets[path]; x != nil && x.versions[x.newest] != nil {
		return maps.Clone(x.versions[x.newest].data)
	}
	return nil
}

func (s *KV) at(path string) *secret {
	x := s.secrets[path]
	if x == nil {
		x = &secret{versions: map[int]*version{}, created: s.now, updated: s.now}
		s.secrets[path] = x
	}
	return x
}

func (s *KV) put(path string, data map[string]any) *secret {
	x := s.at(path)
	x.newest++
	x.updated = s.now
	x.versions[x.newest] = &version{data: data, created: s.now}
	most := x.most
	if most == 0 {
		most = keptVersions
	}
	delete(x.versions, x.newest-most)
	return x
}

func (s *KV) engine(c *call, path string) answer {
	rest, ok := strings.CutPrefix(path, "secret/")
	kind, name, named := strings.Cut(rest, "/")
	if !ok || !named && c.method != "list" {
		return refusal(http.StatusNotFound, "no handler for route \""+path+"\". route entry not found.")
	}
	switch kind + " " + c.method {
	case "data read":
		return s.readData(c, name)
	case "data write", "data patch":
		return s.writeData(c, name)
	case "data delete":
		if x := s.secrets[name]; x != nil {
			x.mark(s.now, []int{x.newest}, "delete")
		}
		return answer{}
	case "delete write", "undelete write", "destroy write":
		if x := s.secrets[name]; x != nil {
			x.mark(s.now, numbers(c.body["versions"]), kind)
		}
		return answer{}
	case "metadata list":
		return s.list(name)
	case "metadata read":
		return s.readMetadata(name)
	case "metadata write", "metadata patch":
		return s.writeMetadata(c, name)
	case "metadata delete":
		delete(s.secrets, name)
		return answer{}
	}
	return refusal(http.StatusMethodNotAllowed, "unsupported operation")
}

func (x *secret) mark(now time.Time, which []int, how string) {
	for _, n := range which {
		v := x.versions[n]
		switch {
		case v == nil:
		case how == "delete":
			v.deleted = now
		case how == "undelete":
			v.deleted = time.Time{}
		default:
			v.data, v.destroyed = nil, true
		}
	}
}

func (x *secret) describe(n int) map[string]any {
	v := x.versions[n]
	var custom any
	if x.custom != nil {
		custom = maps.Clone(x.custom)
	}
	return map[string]any{
		"version": n, "created_time": stamp(v.created), "deletion_time": stamp(v.deleted), "destroyed": v.destroyed, "custom_metadata": custom,
	}
}

func (s *KV) readData(c *call, name string) answer {
	x := s.secrets[name]
	if x == nil || x.newest == 0 {
		return missing
	}
	n, err := strconv.Atoi(c.r.URL.Query().Get("version"))
	if err != nil || n == 0 {
		n = x.newest
	}
	v := x.versions[n]
	if v == nil {
		return missing
	}
	a := s.data(map[string]any{"data": v.data, "metadata": x.describe(n)})
	if v.destroyed || !v.deleted.IsZero() {
		a = s.data(map[string]any{"data": nil, "metadata": x.describe(n)})
		a.status = http.StatusNotFound
	}
	return a
}

func (s *KV) writeData(c *call, name string) answer {
	data, ok := c.body["data"].(map[string]any)
	if !ok {
		return refusal(http.StatusBadRequest, "no data provided")
	}
	x := s.secrets[name]
	newest := 0
	if x != nil {
		newest = x.newest
	}
	options, _ := c.body["options"].(map[string]any)
	cas, given := number(options["cas"])
	if !given && x != nil && x.casRequired {
		return refusal(http.StatusBadRequest, "check-and-set parameter required for this call")
	}
	if given && cas != newest {
		return refusal(http.StatusBadRequest, "check-and-set parameter did not match the current version")
	}
	if c.method == "patch" {
		if newest == 0 || x.versions[newest].data == nil {
			return missing
		}
		whole := maps.Clone(x.versions[newest].data)
		merge(whole, data)
		data = whole
	}
	x = s.put(name, data)
	return s.data(x.describe(x.newest))
}

func (s *KV) readMetadata(name string) answer {
	x := s.secrets[name]
	if x == nil {
		return missing
	}
	versions := map[string]any{}
	oldest := 0
	for _, n := range slices.Sorted(maps.Keys(x.versions)) {
		if oldest == 0 {
			oldest = n
		}
		d := x.describe(n)
		delete(d, "version")
		delete(d, "custom_metadata")
		versions[strconv.Itoa(n)] = d
	}
	var custom any
	if x.custom != nil {
		custom = maps.Clone(x.custom)
	}
	return s.data(map[string]any{
		"versions": versions, "current_version": x.newest, "oldest_version": oldest, "max_versions": x.most, "cas_required": x.casRequired,
		"delete_version_after": "0s", "created_time": stamp(x.created), "updated_time": stamp(x.updated), "custom_metadata": custom,
	})
}

func (s *KV) writeMetadata(c *call, name string) answer {
	if c.method == "patch" && s.secrets[name] == nil {
		return missing
	}
	x := s.at(name)
	x.updated = s.now
	if n, ok := number(c.body["max_versions"]); ok {
		x.most = n
	}
	if b, ok := c.body["cas_required"].(bool); ok {
		x.casRequired = b
	}
	if m, ok := c.body["custom_metadata"].(map[string]any); ok {
		if c.method == "write" || x.custom == nil {
			x.custom = map[string]any{}
		}
		merge(x.custom, m)
	}
	return answer{}
}

func (s *KV) list(under string) answer {
	under = strings.TrimSuffix(under, "/")
	if under != "" {
		under += "/"
	}
	keys := map[string]bool{}
	for name := range s.secrets {
		if rest, ok := strings.CutPrefix(name, under); ok {
			first, _, deeper := strings.Cut(rest, "/")
			if deeper {
				first += "/"
			}
			keys[first] = true
		}
	}
	if len(keys) == 0 {
		return missing
	}
	return s.data(map[string]any{"keys": slices.Sorted(maps.Keys(keys))})
}

// merge is JSON merge patch (RFC 7396) of the first level: null removes.
func merge(into, patch map[string]any) {
	for k, v := range patch {
		if v == nil {
			delete(into, k)
		} else {
			into[k] = v
		}
	}
}

func numbers(v any) []int {
	list, _ := v.([]any)
	var out []int
	for _, x := range list {
		if n, ok := number(x); ok {
			out = append(out, n)
		}
	}
	return out
}
