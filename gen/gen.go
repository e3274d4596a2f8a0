// Package gen turns the text of a schema into the text of a Go file. It reads and writes no files: the one thing that
// it takes from outside are the types that a schema names with {go: …}, which it loads from their source.
package gen

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/depgen/depgen/gen/golang"
	"github.com/depgen/depgen/gen/gotypes"
	"github.com/depgen/depgen/gen/schema"
)

// Options says what to generate. Schema and Source are required.
type Options struct {
	// Schema is the schema's file name, as diagnostics show it. Its last element also stands in the generated header.
	Schema string
	// Source is the schema's text.
	Source []byte
	// Package is the name of the generated package. Defaults to the schema's package key.
	Package string
	// DefaultPackage is asked for the package's name when neither Package nor the schema gives it.
	// Defaults to an error that asks for one.
	DefaultPackage func() (string, error)
	// Dir is the folder that the generated file is for; {go: …} types are loaded as seen from it. Defaults to the
	// working folder.
	Dir string
	// Out is the generated file's name in Dir. What an older such file declares is no {go: …} type, since it will be
	// overwritten. Defaults to deps_gen.go.
	Out string
}

// Generate returns the Go file that a schema yields, formatted. If the schema is wrong, the error is [schema.Problems].
// An error that is not [schema.Problems] comes from the environment, such as a go command that fails.
func Generate(ctx context.Context, opts Options) ([]byte, error) {
	out := cmp.Or(opts.Out, "deps_gen.go")
	var trouble error // schema.Parse makes it a problem of each type
	file, err := schema.Parse(opts.Schema, opts.Source, func(names []schema.TypeName) ([]schema.LoadedType, map[string]bool) {
		var loaded []schema.LoadedType
		loaded, trouble = gotypes.Load(ctx, opts.Dir, out, names)
		return loaded, gotypes.Declared(opts.Dir, out)
	})
	if trouble != nil {
		return nil, trouble
	}
	if err != nil {
		return nil, err
	}
	pkg, err := packageName(opts, file)
	if err != nil {
		return nil, err
	}
	return golang.Emit(file, pkg, opts.Schema)
}

func packageName(opts Options, file *schema.File) (string, error) {
	name := opts.Package
	if name == "" {
		name = file.Package
	}
	if name == "" && opts.DefaultPackage == nil {
		return "", errors.New("the package has no name; give one with --package or the key package")
	}
	if name == "" {
		var err error
		if name, err = opts.DefaultPackage(); err != nil {
			return "", fmt.Errorf("find the package's name: %w", err)
		}
	}
	if err := schema.CheckPackage(name); err != nil {
		return "", err
	}
	return name, nil
}
