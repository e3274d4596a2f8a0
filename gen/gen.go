// Package gen turns the text of a schema into the text of the files generated
// from it. It writes no files. It reads the other Go files of the output
// folder, and the source of the types that a schema names with {go: …}.
package gen

import (
	"cmp"
	"context"
	"path/filepath"

	"github.com/depgen/depgen/gen/internal/golang"
	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/header"
	"github.com/depgen/depgen/gen/internal/schema"
)

// Options configures Generate. Schema and Source are required.
type Options struct {
	// Schema is the schema's file name. Diagnostics show it whole, and the
	// generated header shows its last element.
	Schema string
	// Source is the schema's text.
	Source []byte
	// Out is the path of the Go file. The {go: …} types are loaded as if
	// imported from its folder, and generated names avoid those that the
	// folder's other Go files declare, or are refused. Declarations in an older
	// file at this path don't count, because it will be overwritten.
	// Defaults to deps_gen.go.
	Out string
	// Package is the name of the generated package. It must match the other Go
	// files in the folder of Out. Defaults to the schema's package key, or else
	// to the package of those files.
	Package string
	// GoPackage is the package that go generate runs in, if Out is in the
	// folder of that package. It is used if the schema and the other files
	// name no package. Defaults to the package of the file at Out, or else to
	// the name of its folder.
	GoPackage string
}

// Output is a generated file.
type Output struct {
	Path    string
	Content []byte
	// Header reports whether depgen wrote a file, judging by the header that
	// files in the language of this output have. Any other file must not be
	// overwritten.
	Header func(content []byte) bool
}

// Generate returns the files for a schema, formatted. If the schema is wrong,
// the error is [Problems]. Any other error comes from the environment, such as
// a go command that fails.
func Generate(ctx context.Context, opts Options) ([]Output, error) {
	out := cmp.Or(opts.Out, "deps_gen.go")
	folder, err := gotypes.ReadFolder(filepath.Dir(out), filepath.Base(out))
	if err != nil {
		return nil, err
	}
	file, problems := schema.Parse(opts.Schema, opts.Source)
	types, err := gotypes.Load(ctx, folder, file.GoTypes())
	if err != nil {
		return nil, err
	}
	resolved, more := golang.Resolve(file, types, folder)
	if problems = append(problems, more...); len(problems) > 0 {
		return nil, problems.Sorted()
	}
	pkg, err := packageName(opts, file, folder)
	if err != nil {
		return nil, err
	}
	content, err := golang.Emit(resolved, pkg)
	if err != nil {
		return nil, err
	}
	return []Output{{Path: out, Content: content, Header: header.IsGo}}, nil
}
