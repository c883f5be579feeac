// SPDX-License-Identifier: Apache-2.0

package archtest_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var (
	public  = []string{"contract", "client", "webhook"}
	kit     = []string{"internal/errs", "internal/clock", "internal/ids", "internal/telemetry", "internal/jsondoc", "internal/actor", "internal/announce", "internal/audience", "internal/revision", "internal/redact", "internal/network"}
	domains = []string{
		"internal/directory", "internal/policy", "internal/trip", "internal/air", "internal/hotel", "internal/car",
		"internal/rail", "internal/event", "internal/payment", "internal/charge", "internal/document", "internal/approval", "internal/access", "internal/scim",
	}
	engines = []string{
		"internal/store/sqlite", "internal/store/postgres", "internal/store/sqltext", "database/sql",
		"modernc.org/sqlite", "github.com/jackc/pgx",
	}
	// control is who may call, what is watched and what is done about it: beside the travel platform, not in it.
	control = []string{
		"internal/application", "internal/environment", "internal/permit", "internal/detect", "internal/alert", "internal/incident", "internal/purge",
		"internal/forget", "internal/personkey", "internal/companykey", "internal/peers", "internal/operator", "internal/ledger",
	}
	composers = []string{"internal/app", "internal/cli", "cmd/airside", "airsidetest", "test"}
)

// rule is one sentence about the tree and what finds breaches of it.
type rule struct {
	name, says string
	find       func(t *testing.T, tr *tree) []breach
	// except names files that may, each with its reason.
	except map[string]string
	// bad is a tree that breaks the rule, good one that does not: a rule that finds nothing proves nothing.
	bad, good fstest.MapFS
}

func one(name, src string) fstest.MapFS {
	return fstest.MapFS{name: {Data: []byte("// SPDX-License-Identifier: Apache-2.0\n\n// Package " + path.Base(path.Dir(name)) + " is a test.\n" + src)}}
}

func imports(dir, p string) fstest.MapFS {
	if !strings.Contains(strings.Split(p, "/")[0], ".") && (strings.HasPrefix(p, "internal/") || under(p, public...)) {
		p = module + "/" + p
	}
	return one(dir+"/x.go", "package x\n\nimport _ \""+p+"\"\n")
}

func rules() []rule {
	return []rule{
		{
			name: "public packages stand alone", says: "contract, client and webhook import nothing internal",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if !f.in(public...) {
						return nil
					}
					return tr.importing(f, func(p string) bool { return under(p, "internal") })
				})
			},
			bad: imports("client", "internal/errs"), good: imports("client", "contract"),
		},
		{
			name: "public surface", says: "nothing that a public package exports needs a type of an internal one, which no importer can name",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if f.in("internal", "cmd", "tools", "test", "contract/internal") {
						return nil
					}
					return tr.surface(f)
				})
			},
			bad: one("airsidetest/x.go", "package airsidetest\n\nimport \"github.com/airside-travel/airside/internal/app\"\n\nfunc Tune(f func(*app.Options)) {}\n"),
			good: one("airsidetest/x.go", "package airsidetest\n\nimport \"github.com/airside-travel/airside/internal/app\"\n\n"+
				"type Server struct{ app *app.App }\n\nfunc (s *Server) tune(f func(*app.Options)) {}\n"),
		},
		{
			name: "kit", says: "kit imports kit and the standard library only; jsondoc also its JSON reader",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if !f.in(kit...) {
						return nil
					}
					return tr.importing(f, func(p string) bool {
						if f.in("internal/jsondoc") && p == "github.com/go-faster/jx" {
							return false
						}
						return !under(p, kit...) && (under(p, "internal", "contract") || strings.Contains(strings.Split(p, "/")[0], "."))
					})
				})
			},
			bad: imports("internal/errs", "internal/store"), good: imports("internal/errs", "internal/clock"),
		},
		{
			name: "domains", says: "domain packages import neither HTTP, nor a store engine, nor the edge, nor each other",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if !f.in(domains...) {
						return nil
					}
					return tr.importing(f, func(p string) bool {
						other := under(p, domains...) && !slices.ContainsFunc(domains, func(d string) bool { return f.in(d) && under(p, d) })
						return other || p == "net/http" || under(p, "internal/edge") || under(p, engines...)
					})
				})
			},
			bad: imports("internal/air", "internal/trip"), good: imports("internal/air", "internal/store"),
		},
		{
			name: "control", says: "what controls access imports neither HTTP, nor a store engine, nor the edge, nor a domain; senders of alerts may speak HTTP",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if !f.in(control...) {
						return nil
					}
					return tr.importing(f, func(p string) bool {
						return under(p, domains...) || p == "net/http" && !f.in("internal/alert/sink", "internal/alert/sinktest") || under(p, "internal/edge") || under(p, engines...)
					})
				})
			},
			bad: imports("internal/incident", "internal/trip"), good: imports("internal/alert/sink", "net/http"),
		},
		{
			name: "edge", says: "the edge knows operations, not domains",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if !f.in("internal/edge") {
						return nil
					}
					return tr.importing(f, func(p string) bool {
						return under(p, domains...) || under(p, control...) || under(p, "internal/world") || under(p, engines...)
					})
				})
			},
			bad: imports("internal/edge", "internal/air"), good: imports("internal/edge", "contract"),
		},
		{
			name: "world", says: "only the suppliers of the simulated world and app import world",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if f.in("internal/world", "internal/app", "tools/worldgen") {
						return nil
					}
					return tr.importing(f, func(p string) bool { return under(p, "internal/world") })
				})
			},
			bad: imports("internal/air", "internal/world"), good: imports("internal/app", "internal/world"),
		},
		{
			name: "engines", says: "only app chooses a store engine",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if f.in("internal/store", "internal/app") {
						return nil
					}
					return tr.importing(f, func(p string) bool { return under(p, engines...) })
				})
			},
			bad: imports("internal/outbox", "internal/store/sqlite"), good: imports("internal/app", "internal/store/sqlite"),
		},
		{
			name: "composition", says: "only programs and whole-system tests import app",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if f.in(composers...) {
						return nil
					}
					return tr.importing(f, func(p string) bool { return under(p, "internal/app") })
				})
			},
			bad: imports("internal/edge", "internal/app"), good: imports("internal/cli", "internal/app"),
		},
		{
			name: "audit", says: "only audit appends to the audit log",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if f.in("internal/audit", "internal/store") { // the store implements it and tests itself
						return nil
					}
					return tr.calling(f, "AppendAudit")
				})
			},
			bad:  one("internal/edge/x.go", "package edge\n\nfunc f(tx interface{ AppendAudit() }) { tx.AppendAudit() }\n"),
			good: one("internal/audit/x.go", "package audit\n\nfunc f(tx interface{ AppendAudit() }) { tx.AppendAudit() }\n"),
		},
		{
			name: "secrets", says: "only vault, upstream, relay and the senders of alerts use secret bytes; others pass them on",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.files, func(f *file) []breach {
					if f.in("internal/vault", "internal/upstream", "internal/relay", "internal/alert/sink") {
						return nil
					}
					return tr.selecting(f, "Use") // whatever it is of: a Secret arrives in fields of other types, too; taking the method as a value counts
				})
			},
			bad:  one("internal/edge/x.go", "package edge\n\nimport \""+module+"/internal/vault\"\n\nfunc f(s vault.Secret) { g(s.Use) }\n"),
			good: one("internal/upstream/x.go", "package upstream\n\nimport \""+module+"/internal/vault\"\n\nfunc f(s vault.Secret) { s.Use(nil) }\n"),
		},
		{
			name: "time", says: "time comes from package clock; nothing sleeps",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.files, func(f *file) []breach {
					switch {
					case f.in("internal/clock"):
						return nil
					case f.in("test"): // tests of the whole system time real processes
						return tr.naming(f, "time", "Sleep")
					}
					return tr.naming(f, "time", "Now", "Sleep")
				})
			},
			except: map[string]string{
				"client/client.go":                         "a public package cannot import the internal clock; callers may give their own",
				"webhook/handler.go":                       "a public package cannot import the internal clock; callers may give their own",
				"internal/world/airline/cpu_other_test.go": "times a benchmark where the system has no CPU clock of the thread",
			},
			bad:  one("internal/air/x.go", "package air\n\nimport \"time\"\n\nvar x = time.Now\n"),
			good: one("internal/clock/x.go", "package clock\n\nimport \"time\"\n\nvar x = time.Now\n"),
		},
		{
			name: "chance", says: "random numbers come from ids, the world, or key generation",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if f.in("internal/ids", "internal/world", "internal/store/seal") {
						return nil
					}
					return tr.importing(f, func(p string) bool { return p == "crypto/rand" || under(p, "math/rand") })
				})
			},
			except: map[string]string{"internal/store/sqlite/open.go": "makes the database's own key"},
			bad:    imports("internal/air", "math/rand/v2"), good: imports("internal/ids", "crypto/rand"),
		},
		{
			name: "environment", says: "only config reads the environment, which main hands over",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach { return tr.naming(f, "os", "Getenv", "LookupEnv", "Environ", "ExpandEnv") })
			},
			except: map[string]string{
				"cmd/airside/main.go":             "the program: hands the environment to package config",
				"internal/store/pgtest/server.go": "tests are told where PostgreSQL is by test/pg/run",
				"airsidetest/airsidetest.go":      "reads CI, which is no setting of ours, to decide how much to log",
			},
			bad:  one("internal/air/x.go", "package air\n\nimport \"os\"\n\nvar x = os.Getenv(\"X\")\n"),
			good: one("internal/air/x.go", "package air\n\nimport \"os\"\n\nvar x = os.Args\n"),
		},
		{
			name: "output", says: "nothing prints to the process's own output; commands are given writers",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach { return tr.naming(f, "fmt", "Print", "Printf", "Println") })
			},
			bad:  one("internal/air/x.go", "package air\n\nimport \"fmt\"\n\nfunc f() { fmt.Println() }\n"),
			good: one("internal/air/x.go", "package air\n\nimport \"fmt\"\n\nfunc f() { fmt.Sprint() }\n"),
		},
		{
			name: "methods by name", says: "nothing of the program looks methods up by name, as templates do: the linker would keep every exported method, 6.5 MB of them",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.code(), func(f *file) []breach {
					if f.in("tools") {
						return nil
					}
					found := tr.importing(f, func(p string) bool { return p == "text/template" || p == "html/template" })
					// Cobra's own texts are plain code until one of its templates is set.
					for _, name := range []string{"SetUsageTemplate", "SetHelpTemplate", "SetVersionTemplate", "MethodByName"} {
						found = append(found, tr.selecting(f, name)...)
					}
					return found
				})
			},
			bad:  one("internal/cli/x.go", "package cli\n\nfunc f(c interface{ SetUsageTemplate(string) }) { c.SetUsageTemplate(\"\") }\n"),
			good: one("internal/cli/x.go", "package cli\n\nfunc f(c interface{ SetUsageFunc(func()) }) { c.SetUsageFunc(nil) }\n"),
		},
		{
			name: "licence", says: "every Go file begins with its SPDX line",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.files, func(f *file) []breach {
					if strings.HasPrefix(f.source, "// SPDX-License-Identifier: Apache-2.0\n") {
						return nil
					}
					return []breach{{f.name, f.name + " has no SPDX line"}}
				})
			},
			bad: fstest.MapFS{"x/x.go": {Data: []byte("package x\n")}}, good: one("x/x.go", "package x\n"),
		},
		{
			name: "length", says: "no file has more than 800 lines",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.files, func(f *file) []breach {
					if f.lines <= 800 {
						return nil
					}
					return []breach{{f.name, fmt.Sprintf("%s has %d lines", f.name, f.lines)}}
				})
			},
			bad: one("x/x.go", "package x\n"+strings.Repeat("\n", 800)), good: one("x/x.go", "package x\n"),
		},
		{
			name: "median", says: "half of the files have at most 150 lines",
			find: func(_ *testing.T, tr *tree) []breach {
				files := tr.code()
				slices.SortFunc(files, func(a, b *file) int { return cmp.Compare(a.lines, b.lines) })
				if n := len(files); n > 0 && files[n/2].lines > 150 {
					return []breach{{"median", fmt.Sprintf("the median file, %s, has %d lines", files[n/2].name, files[n/2].lines)}}
				}
				return nil
			},
			bad: one("x/x.go", "package x\n"+strings.Repeat("\n", 200)), good: one("x/x.go", "package x\n"),
		},
		{
			name: "package comments", says: "every package says what it is",
			find: func(_ *testing.T, tr *tree) []breach {
				said, at := map[string]bool{}, map[string]string{}
				for _, f := range tr.code() {
					at[f.dir] = f.name
					said[f.dir] = said[f.dir] || f.ast.Doc != nil
				}
				var out []breach
				for dir := range at {
					if !said[dir] {
						out = append(out, breach{dir, dir + " has no package comment"})
					}
				}
				return out
			},
			bad:  fstest.MapFS{"x/x.go": {Data: []byte("// SPDX-License-Identifier: Apache-2.0\n\npackage x\n")}},
			good: one("x/x.go", "package x\n"),
		},
		{
			name: "drawers", says: "no package is named after being a drawer",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.files, func(f *file) []breach {
					name := strings.TrimSuffix(f.ast.Name.Name, "_test")
					if !slices.Contains([]string{"util", "utils", "common", "models", "helper", "helpers", "misc", "types", "shared", "base"}, name) {
						return nil
					}
					return []breach{{f.name, f.name + " is in package " + name}}
				})
			},
			bad: one("util/x.go", "package util\n"), good: one("x/x.go", "package x\n"),
		},
		{
			name: "state", says: "package-level variables are constant tables: nothing changes them",
			find: func(t *testing.T, tr *tree) []breach { return each(t, tr.code(), tr.changing) },
			bad:  one("x/x.go", "package x\n\nvar seen = map[string]bool{}\n\nfunc f() { seen[\"a\"] = true }\n"),
			good: one("x/x.go", "package x\n\nvar seen = map[string]bool{}\n\nfunc f() { seen := map[string]bool{}; seen[\"a\"] = true }\n"),
		},
		{
			name: "no init", says: "nothing runs before main",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.files, func(f *file) []breach {
					for _, d := range f.ast.Decls {
						if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "init" && fn.Recv == nil {
							return []breach{{f.name, tr.at(fn.Pos()) + " declares init"}}
						}
					}
					return nil
				})
			},
			bad: one("x/x.go", "package x\n\nfunc init() {}\n"), good: one("x/x.go", "package x\n\nfunc start() {}\n"),
		},
		{
			name: "main", says: "main.go of the program stays under 60 lines",
			find: func(t *testing.T, tr *tree) []breach {
				return each(t, tr.files, func(f *file) []breach {
					if f.name != "cmd/airside/main.go" || f.lines < 60 {
						return nil
					}
					return []breach{{f.name, fmt.Sprintf("it has %d lines", f.lines)}}
				})
			},
			bad:  one("cmd/airside/main.go", "package main\n"+strings.Repeat("\n", 60)),
			good: one("cmd/airside/main.go", "package main\n"),
		},
	}
}

func TestRepository(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.files) < 50 {
		t.Fatalf("only %d Go files found: this is not the repository", len(tr.files))
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			used := map[string]bool{}
			for _, b := range r.find(t, tr) {
				if r.except[b.key] != "" {
					used[b.key] = true
					continue
				}
				t.Errorf("%s\n\t%s", r.says, b.at)
			}
			for name := range r.except {
				if !used[name] {
					t.Errorf("the exception for %s is not needed any more", name)
				}
			}
		})
	}
}

func TestRulesFindBreaches(t *testing.T) {
	t.Parallel()
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			for want, fsys := range map[bool]fstest.MapFS{true: r.bad, false: r.good} {
				tr, err := load(fsys)
				if err != nil {
					t.Fatal(err)
				}
				if found := r.find(t, tr); (len(found) > 0) != want {
					t.Errorf("found %v, want a breach: %v", found, want)
				}
			}
		})
	}
}
