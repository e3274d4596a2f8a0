package gotypes

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/depgen/depgen/gen/internal/header"
)

// Folder describes the Go files of a folder other than the generated one.
type Folder struct {
	Dir string
	Out string // the name of the generated file in Dir
	// Packages are the packages of the files that are compiled here, each once,
	// in the order of their files. A folder that compiles has at most one.
	// Tests of package foo_test count as foo.
	Packages []Clause
	// Generated is the package of the existing generated file.
	Generated string
	// Declared are the names that the files declare outside of functions. Files
	// that are compiled only on other systems count too.
	Declared []Declared
}

// Declared is a name that a file declares outside of functions. The name of a
// method or field is Type.Name.
type Declared struct {
	Name string
	Pos  token.Position
	// Certain reports whether the file was written by hand and belongs to a
	// build, so that declaring the name again is an error.
	Certain bool
}

// Clause is the package clause of a file.
type Clause struct{ Package, File string }

// ReadFolder reads the Go files in dir. The generated file is called out. An
// empty dir is the working folder. If a file has a syntax error, only its
// package clause counts.
func ReadFolder(dir, out string) (*Folder, error) {
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil, fmt.Errorf("read output folder: %w", err)
	}
	folder := &Folder{Dir: dir, Out: out}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".go" {
			folder.add(e.Name())
		}
	}
	return folder, nil
}

func (f *Folder) add(name string) {
	dir, out := f.Dir, f.Out
	path := filepath.Join(dir, name)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // reading a named pipe would wait for a writer
		return
	}
	if name == out {
		f.addGenerated(path)
		return
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, src, parser.ParseComments|parser.SkipObjectResolution)
	if file == nil || file.Name == nil || !token.IsIdentifier(file.Name.Name) {
		return
	}
	pkg, isTest := file.Name.Name, strings.HasSuffix(name, "_test.go")
	apart := isTest && strings.HasSuffix(pkg, "_test") // a package of its own, but it names the folder's package
	if apart {
		pkg = strings.TrimSuffix(pkg, "_test")
	}
	compiled, matchErr := build.Default.MatchFile(filepath.Clean(dir), name)
	compiled = compiled && matchErr == nil && pkg != "documentation"
	if compiled && !slices.ContainsFunc(f.Packages, func(c Clause) bool { return c.Package == pkg }) {
		f.Packages = append(f.Packages, Clause{pkg, name})
	}
	if apart || err != nil {
		return
	}
	certain := (compiled || compiledElsewhere(dir, name)) && pkg != "documentation" && !header.IsGo(src)
	for _, d := range declaredIn(file) {
		f.Declared = append(f.Declared, Declared{Name: d.name, Pos: fset.Position(d.pos), Certain: certain})
	}
}

// maxClause is the length of a file's beginning that nearly always contains the
// package clause.
const maxClause = 4 << 10

// addGenerated reads the package clause of the generated file. The rest is
// about to be replaced.
func (f *Folder) addGenerated(path string) {
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	src := make([]byte, maxClause)
	n, err := io.ReadFull(file, src)
	clause := packageName(path, src[:n])
	if err == nil && (clause == nil || int(clause.End()) >= n) { // cut off, after a long license perhaps
		if src, err = os.ReadFile(path); err != nil {
			return
		}
		clause = packageName(path, src)
	}
	if clause == nil || clause.Name == "documentation" {
		return
	}
	if compiled, err := build.Default.MatchFile(filepath.Clean(f.Dir), f.Out); compiled && err == nil {
		f.Generated = clause.Name
	}
}

// packageName returns the name in the package clause of a file, or nil.
func packageName(path string, src []byte) *ast.Ident {
	file, _ := parser.ParseFile(token.NewFileSet(), path, src, parser.PackageClauseOnly) // only the name counts
	if file == nil || file.Name == nil || !token.IsIdentifier(file.Name.Name) {
		return nil
	}
	return file.Name
}

// compiledElsewhere reports whether a file that is not compiled here is
// compiled on another system. There its names clash with those of the
// generated file.
func compiledElsewhere(dir, name string) bool {
	for goos := range strings.FieldsSeq("linux darwin windows freebsd netbsd openbsd dragonfly solaris illumos aix android ios plan9 wasip1 js") {
		for goarch := range strings.FieldsSeq("amd64 arm64 386 arm riscv64 ppc64le s390x loong64 wasm") {
			for _, cgo := range []bool{true, false} {
				system := build.Default
				system.GOOS, system.GOARCH, system.CgoEnabled = goos, goarch, cgo
				if ok, err := system.MatchFile(filepath.Clean(dir), name); ok && err == nil {
					return true
				}
			}
		}
	}
	return false
}

type declaration struct {
	name string
	pos  token.Pos
}

// declaredIn returns the names that a file declares for its package: methods
// and fields as Type.Name, and the exported names of its imports, because the
// package may not declare those again.
func declaredIn(file *ast.File) (all []declaration) {
	add := func(of string, ids ...*ast.Ident) {
		for _, id := range ids {
			if id.Name != "_" {
				all = append(all, declaration{of + id.Name, id.Pos()})
			}
		}
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			switch {
			case d.Recv != nil:
				add(receiver(d.Recv)+".", d.Name)
			case d.Name.Name != "init":
				add("", d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					add("", s.Name)
				case *ast.ValueSpec:
					add("", s.Names...)
				case *ast.ImportSpec:
					if s.Name != nil && s.Name.IsExported() {
						add("", s.Name)
					}
				}
			}
		}
	}
	return all
}

// receiver returns the name of a receiver's type.
func receiver(list *ast.FieldList) string {
	if len(list.List) == 0 {
		return ""
	}
	t := list.List[0].Type
	for {
		switch u := t.(type) {
		case *ast.StarExpr:
			t = u.X
		case *ast.ParenExpr:
			t = u.X
		case *ast.IndexExpr:
			t = u.X
		case *ast.Ident:
			return u.Name
		default:
			return ""
		}
	}
}
