// Package gen turns the text of a schema into the text of a Go file. It writes
// no files. It reads the other Go files of the output folder, and the source of
// the types that a schema names with {go: …}.
package gen

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/depgen/depgen/gen/internal/golang"
	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/schema"
)

// Options configures Generate. Schema and Source are required.
type Options struct {
	// Schema is the schema's file name. Diagnostics show it whole, and the
	// generated header shows its last element.
	Schema string
	// Source is the schema's text.
	Source []byte
	// Package is the name of the generated package. It must match the other Go
	// files in Dir. Defaults to the schema's package key.
	Package string
	// DefaultPackage returns the package's name when neither Package nor the
	// schema sets it. Without it, such a schema is an error.
	DefaultPackage func() (string, error)
	// Dir is the folder of the generated file. The {go: …} types are loaded as
	// if imported from it, and generated names avoid those that its other Go
	// files declare, or are refused. Defaults to the working folder.
	Dir string
	// Out is the generated file's name in Dir. Declarations in an older
	// file of that name don't count, because it will be overwritten.
	// Defaults to deps_gen.go.
	Out string
}

// Generate returns the Go file for a schema, formatted. If the schema is wrong,
// the error is [schema.Problems]. Any other error comes from the environment,
// such as a go command that fails.
func Generate(ctx context.Context, opts Options) ([]byte, error) {
	out := cmp.Or(opts.Out, "deps_gen.go")
	folder, err := gotypes.ReadFolder(opts.Dir, out)
	if err != nil {
		return nil, err
	}
	var trouble error // schema.Parse makes it a problem of each type
	file, err := schema.Parse(opts.Schema, opts.Source, func(names []schema.TypeName) ([]schema.LoadedType, []schema.Declared) {
		var loaded []schema.LoadedType
		loaded, trouble = gotypes.Load(ctx, opts.Dir, out, names)
		return loaded, folder.Declared
	})
	if trouble != nil {
		return nil, trouble
	}
	if err != nil {
		return nil, err
	}
	pkg, err := packageName(opts, file, folder)
	if err != nil {
		return nil, err
	}
	return golang.Emit(file, pkg, opts.Schema)
}

// packageName returns the generated package's name. A folder contains one
// package, so the name must match that of the other files.
func packageName(opts Options, file *schema.File, folder *gotypes.Folder) (string, error) {
	name, err := chosenPackage(opts, file)
	if err != nil {
		return "", err
	}
	for _, other := range folder.Packages {
		if other.Package == name {
			continue
		}
		fix := "write that name"
		if schema.CheckPackage(other.Package) != nil || len(folder.Packages) > 1 {
			fix = "a folder has one package, so generate into a folder of its own"
		}
		msg := fmt.Sprintf("package %q is not that of the output folder, which contains package %s (%s); %s",
			name, other.Package, other.File, fix)
		if opts.Package == "" && file.Package != "" {
			return "", file.PackageProblem(msg)
		}
		return "", errors.New(msg)
	}
	return name, nil
}

func chosenPackage(opts Options, file *schema.File) (string, error) {
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
