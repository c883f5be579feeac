// SPDX-License-Identifier: Apache-2.0

package archtest_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/airside-travel/airside"

// file is one parsed Go file.
type file struct {
	name    string // "internal/edge/bind.go"
	dir     string // "internal/edge"
	test    bool
	lines   int
	source  string
	ast     *ast.File
	imports map[string]string // path by the name it has in this file
}

// tree is all hand-written Go of the repository.
type tree struct {
	fset  *token.FileSet
	files []*file
}

func load(fsys fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet()}
	return t, fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		f := &file{
			name: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), source: string(src),
			lines: strings.Count(string(src), "\n"), imports: map[string]string{},
		}
		if f.ast, err = parser.ParseFile(t.fset, name, src, parser.ParseComments); err != nil {
			return fmt.Errorf("parse: %w", err)
		}
		for _, spec := range f.ast.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			as := path.Base(p)
			if as == "v2" { // math/rand/v2
				as = path.Base(path.Dir(p))
			}
			if spec.Name != nil {
				as = spec.Name.Name
			}
			f.imports[as+" "+p] = p
		}
		t.files = append(t.files, f)
		return nil
	})
}

// code is the files that end up in programs.
func (t *tree) code() []*file {
	var out []*file
	for _, f := range t.files {
		if !f.test {
			out = append(out, f)
		}
	}
	return out
}

// in reports whether the file lies in one of the directories or below.
func (f *file) in(dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return f.dir == d || strings.HasPrefix(f.dir, d+"/") })
}

// breach is a place that breaks a rule; key is what the table of exceptions names.
type breach struct{ key, at string }

// importing finds the imports that a test on their path picks. Paths of the module are shortened:
// "internal/edge".
func (t *tree) importing(f *file, bad func(p string) bool) []breach {
	var out []breach
	for _, p := range f.imports {
		p = strings.TrimPrefix(p, module+"/")
		if bad(p) {
			out = append(out, breach{f.name, f.name + " imports " + p})
		}
	}
	return out
}

// naming finds uses of pkg.Name for the names of one package of the standard library.
func (t *tree) naming(f *file, pkg string, names ...string) []breach {
	var out []breach
	var local []string
	for as, p := range f.imports {
		if p == pkg {
			local = append(local, strings.Fields(as)[0])
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(local, x.Name) && slices.Contains(names, sel.Sel.Name) {
			out = append(out, breach{f.name, t.at(sel.Pos()) + " uses " + pkg + "." + sel.Sel.Name})
		}
		return true
	})
	return out
}

// calling finds calls of a method by its name, whatever its receiver.
func (t *tree) calling(f *file, method string) []breach {
	var out []breach
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == method {
				out = append(out, breach{f.name, t.at(sel.Pos()) + " calls " + method})
			}
		}
		return true
	})
	return out
}

// selecting finds every mention of x.name, called or not.
func (t *tree) selecting(f *file, name string) []breach {
	var out []breach
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == name {
			out = append(out, breach{f.name, t.at(sel.Pos()) + " uses " + name})
		}
		return true
	})
	return out
}

// variables are the names that the files of a directory declare at package level.
func (t *tree) variables(dir string) map[string]*ast.Object {
	out := map[string]*ast.Object{}
	for _, f := range t.code() {
		if f.dir != dir {
			continue
		}
		for name, o := range f.ast.Scope.Objects {
			if o.Kind == ast.Var {
				out[name] = o
			}
		}
	}
	return out
}

// changing finds assignments to variables of the package, to their elements and to their fields.
func (t *tree) changing(f *file) []breach {
	var out []breach
	vars := t.variables(f.dir)
	check := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
				continue
			case *ast.SelectorExpr:
				e = x.X
				continue
			case *ast.Ident:
				// Declared in another file an identifier has no object; a local one has its own.
				if o, ok := vars[x.Name]; ok && (x.Obj == nil || x.Obj == o) {
					out = append(out, breach{f.name, t.at(x.Pos()) + " changes " + x.Name})
				}
			}
			return
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				for _, e := range s.Lhs {
					check(e)
				}
			}
		case *ast.IncDecStmt:
			check(s.X)
		}
		return true
	})
	return out
}

func (t *tree) at(p token.Pos) string {
	pos := t.fset.Position(p)
	return pos.Filename + ":" + strconv.Itoa(pos.Line)
}

// under reports whether an import path is one of the directories or below.
func under(p string, dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return p == d || strings.HasPrefix(p, d+"/") })
}

func each(t *testing.T, files []*file, check func(*file) []breach) []breach {
	t.Helper()
	var out []breach
	for _, f := range files {
		out = append(out, check(f)...)
	}
	return out
}
