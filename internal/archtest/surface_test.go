// SPDX-License-Identifier: Apache-2.0

package archtest_test

import (
	"go/ast"
	"go/token"
	"strings"
)

// surface finds what a package shows to its importers but lets none of them name: types of internal packages in the
// exported functions, methods, fields and types of a file.
func (t *tree) surface(f *file) []breach {
	var out []breach
	internal := map[string]string{}
	for as, p := range f.imports {
		if strings.HasPrefix(p, module+"/internal/") {
			internal[strings.Fields(as)[0]] = p
		}
	}
	look := func(of string, n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && internal[pkg.Name] != "" {
				out = append(out, breach{f.name, f.name + ": " + of + " needs " + pkg.Name + "." + sel.Sel.Name})
			}
			return false
		})
	}
	for _, d := range f.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && (d.Recv == nil || receiver(d).IsExported()) {
				look(d.Name.Name, d.Type)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() {
						shown(s.Type, func(n ast.Node) { look(s.Name.Name, n) })
					}
				case *ast.ValueSpec:
					if s.Type != nil && d.Tok != token.IMPORT && s.Names[0].IsExported() {
						look(s.Names[0].Name, s.Type)
					}
				}
			}
		}
	}
	return out
}

// shown visits the parts of a type that importers see: not the unexported fields of a structure.
func shown(typ ast.Expr, visit func(ast.Node)) {
	s, ok := typ.(*ast.StructType)
	if !ok {
		visit(typ)
		return
	}
	for _, field := range s.Fields.List {
		seen := len(field.Names) == 0 // embedded
		for _, n := range field.Names {
			seen = seen || n.IsExported()
		}
		if seen {
			shown(field.Type, visit)
		}
	}
}

// receiver is the name of the type that a method is of.
func receiver(d *ast.FuncDecl) *ast.Ident {
	typ := d.Recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.IndexListExpr:
			typ = t.X
		case *ast.Ident:
			return t
		default:
			return ast.NewIdent("_")
		}
	}
}
