// Package gotypes determines how the values of Go types become text.
package gotypes

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/depgen/depgen/gen/internal/schema"
)

// Type describes a Go type, or why it can't be an id.
type Type struct {
	Package  string // the package's own name
	Identity string // the type's full name; an alias has that of its target
	Local    bool   // it belongs to the generated package, so it needs no import
	Text     Text
	Basic    string // the predeclared type underneath, for TextString, TextInt and TextUint
	Err      error  // why it can't be used; its text completes "example.com/model.SKU …"
}

// Load loads types as if imported by the generated file of the folder. Errors
// elsewhere in the types' packages don't matter: the generated file may be
// missing or stale, and its declarations are ignored.
//
// The error reports a failure that affects all types, such as a missing go
// command or a broken go.mod.
func Load(ctx context.Context, folder *Folder, types []*schema.Type) (map[schema.GoName]Type, error) {
	if len(types) == 0 {
		return nil, nil
	}
	l := &loader{folder: folder, packages: map[string]*packages.Package{}}
	err := l.load(ctx, types)
	if ctx.Err() != nil {
		err = ctx.Err() // the go command only reports that it was killed
	}
	if err != nil {
		return nil, fmt.Errorf("load Go types: %w", err)
	}
	loaded := make(map[schema.GoName]Type, len(types))
	for _, t := range types {
		found, err := l.find(t.Go)
		found.Err = err
		loaded[t.Go] = found
	}
	return loaded, nil
}

type loader struct {
	dir      string // absolute, without symbolic links
	folder   *Folder
	self     string // the import path of the package in dir; empty if not asked for
	packages map[string]*packages.Package
}

func (l *loader) load(ctx context.Context, types []*schema.Type) error {
	var err error
	if l.dir, err = filepath.Abs(l.folder.Dir); err != nil {
		return err
	}
	if l.dir, err = filepath.EvalSymlinks(l.dir); err != nil {
		return err
	}
	var paths []string
	internal := false
	for _, t := range types {
		path := t.Go.Path
		if _, seen := l.packages[path]; !seen {
			l.packages[path] = nil
			paths = append(paths, path)
		}
		internal = internal || isInternal(path)
	}
	overlay := l.overlay()
	env, inModule, err := environment(ctx, l.dir)
	if err != nil {
		return err
	}
	cfg := &packages.Config{
		Context:   ctx,
		Overlay:   overlay,
		Dir:       l.dir,
		Env:       env,
		ParseFile: l.parse,
		// Without the syntax, packages with compiled export data would not
		// be parsed.
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedTypes | packages.NeedSyntax,
	}
	found, err := packages.Load(cfg, paths...)
	if err != nil {
		return trouble(err)
	}
	for _, pkg := range found {
		l.packages[pkg.PkgPath] = pkg
	}
	if slices.ContainsFunc(paths, func(path string) bool { return l.packages[path] == nil }) {
		// The go command has failed, and packages.Load has dropped its output.
		if _, err := goCommand(ctx, l.dir, env, append([]string{"list", "-e", "-export", "--"}, paths...)...); err != nil {
			return err
		}
	}
	if i := slices.IndexFunc(paths, l.needsModule); i >= 0 && !inModule {
		return fmt.Errorf("no go.mod in folder %s or above it, so %s can't be found; run go mod init there", l.dir, paths[i])
	}
	if internal {
		l.self, err = selfPath(ctx, l.dir, env, overlay)
	}
	return err
}

// overlay returns a Go file for an output folder without one. Such a folder is
// not a package, so the go command would find no importers of it.
func (l *loader) overlay() map[string][]byte {
	name := "self"
	for _, other := range l.folder.Packages {
		if !strings.HasSuffix(other.File, "_test.go") {
			return nil
		}
		name = other.Package
	}
	if l.folder.Generated != "" {
		return nil
	}
	return map[string][]byte{filepath.Join(l.dir, selfName): []byte("package " + name + "\n")}
}

const selfName = "depgen_self.go"

// parse parses a file. It parses only the package clause of the file that will
// be overwritten.
func (l *loader) parse(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
	mode := parser.AllErrors | parser.SkipObjectResolution
	if filepath.Base(name) == l.folder.Out && l.isOwn(filepath.Dir(name)) {
		mode = parser.PackageClauseOnly
	}
	return parser.ParseFile(fset, name, src, mode)
}

// isOwn reports whether dir is the folder of the generated file.
func (l *loader) isOwn(dir string) bool {
	dir, err := filepath.EvalSymlinks(dir)
	return err == nil && dir == l.dir
}

// selfPath returns the import path of the package in dir.
func selfPath(ctx context.Context, dir string, env []string, overlay map[string][]byte) (string, error) {
	found, err := packages.Load(&packages.Config{
		Context: ctx,
		Dir:     dir,
		Env:     env,
		Mode:    packages.NeedName,
		Overlay: overlay,
	}, ".")
	if err != nil {
		return "", trouble(err)
	}
	if len(found) != 1 {
		return "", errors.New("the output folder is not one package")
	}
	return found[0].PkgPath, nil
}

// needsModule reports whether a package is missing and is not a
// standard package.
func (l *loader) needsModule(path string) bool {
	pkg := l.packages[path]
	domain, _, _ := strings.Cut(path, "/")
	return (pkg == nil || pkg.Name == "") && strings.Contains(domain, ".")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
