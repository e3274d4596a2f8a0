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

// Load loads the types as if imported by the file called out in dir; an empty
// dir is the working folder. It returns one result for each name, in order.
// Errors elsewhere in the types' packages don't matter: the file out may be
// missing or stale, and its declarations are ignored.
//
// The error reports a failure that affects all types, such as a missing go
// command or a broken go.mod. Each result contains it too.
func Load(ctx context.Context, dir, out string, names []schema.TypeName) ([]schema.LoadedType, error) {
	if len(names) == 0 {
		return nil, nil
	}
	l := &loader{out: out, packages: map[string]*packages.Package{}}
	err := l.load(ctx, dir, names)
	if ctx.Err() != nil {
		err = ctx.Err() // the go command only reports that it was killed
	}
	if err != nil {
		err = fmt.Errorf("load Go types: %w", err)
	}
	loaded := make([]schema.LoadedType, len(names))
	for i, name := range names {
		if err != nil {
			loaded[i].Err = fmt.Errorf("can't be loaded: %s", oneLine(err.Error()))
			continue
		}
		loaded[i], loaded[i].Err = l.find(name)
	}
	return loaded, err
}

type loader struct {
	dir      string // absolute, without symbolic links
	out      string // the name of the generated file in dir
	self     string // the import path of the package in dir; empty if not asked for
	packages map[string]*packages.Package
}

func (l *loader) load(ctx context.Context, dir string, names []schema.TypeName) error {
	var err error
	if l.dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if l.dir, err = filepath.EvalSymlinks(l.dir); err != nil {
		return err
	}
	var paths []string
	internal := false
	for _, name := range names {
		if _, seen := l.packages[name.Path]; !seen {
			l.packages[name.Path] = nil
			paths = append(paths, name.Path)
		}
		internal = internal || isInternal(name.Path)
	}
	overlay, err := l.overlay()
	if err != nil {
		return err
	}
	env, err := environment(ctx, l.dir)
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
	if internal {
		l.self, err = selfPath(ctx, l.dir, env, overlay)
	}
	return err
}

// overlay returns a Go file for an output folder without one. Such a folder is
// not a package, so the go command would find no importers of it.
func (l *loader) overlay() (map[string][]byte, error) {
	folder, err := ReadFolder(l.dir, l.out)
	if err != nil {
		return nil, err
	}
	name := "self"
	for _, other := range folder.Packages {
		if !strings.HasSuffix(other.File, "_test.go") {
			return nil, nil
		}
		name = other.Package
	}
	if folder.Generated != "" {
		return nil, nil
	}
	return map[string][]byte{filepath.Join(l.dir, selfName): []byte("package " + name + "\n")}, nil
}

const selfName = "depgen_self.go"

// parse parses a file. It parses only the package clause of the file that will
// be overwritten.
func (l *loader) parse(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
	mode := parser.AllErrors | parser.SkipObjectResolution
	if filepath.Base(name) == l.out && l.isOwn(filepath.Dir(name)) {
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

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
