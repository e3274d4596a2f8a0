package gotypes

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
)

// Declared returns the names that the package in dir declares outside of functions, in all files but the one called out: no
// import of that file may have such a name. What can't be read or parsed is passed over, for it is not built either.
func Declared(dir, out string) map[string]bool {
	names := map[string]bool{}
	entries, _ := os.ReadDir(filepath.Clean(dir)) // an empty dir is the working folder
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || e.Name() == out {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, decl := range file.Decls {
			for _, id := range declaredBy(decl) {
				names[id.Name] = true
			}
		}
	}
	return names
}

func declaredBy(decl ast.Decl) (ids []*ast.Ident) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			ids = append(ids, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				ids = append(ids, s.Name)
			case *ast.ValueSpec:
				ids = append(ids, s.Names...)
			}
		}
	}
	return ids
}
