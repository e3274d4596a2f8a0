package main

import (
	"context"
	"errors"
	"fmt"
	"go/build"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/depgen/depgen/gen"
)

const generateLong = `Read the schema and write the Go file that it yields.

The file is written only when its content changes, so that builds stay cached, and
in one step, so that an interruption leaves the old one whole. A file that depgen
did not write is never overwritten.

The package is the first of these that is there: --package, the schema's "package"
key, the package of the Go files that are in the output folder, $GOPACKAGE if the
output is in the working directory (as under go generate), the folder's name. It
must be that of the other Go files in the output folder.`

const generateExample = `  # deps.yaml to deps_gen.go, in the working directory
  depgen generate

  # A schema at the top of the repository, the package in a folder of its own
  depgen generate --schema deps.yaml --out internal/deps/deps_gen.go

  # The same from a Go file, run by go generate
  //go:generate go tool depgen --schema ../../deps.yaml`

// generation holds the flags that generate and check share.
type generation struct {
	schema, out, pkg string
}

func (g *generation) addFlags(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&g.schema, "schema", "deps.yaml", "schema `file` to read")
	cmd.Flags().StringVar(&g.out, "out", "deps_gen.go", "generated Go `file`; its folder must exist")
	cmd.Flags().StringVar(&g.pkg, "package", "", "`name` of the Go package (default: from the schema or the folder)")
}

func newGenerateCommand() *cobra.Command {
	var g generation
	cmd := &cobra.Command{
		Use:               "generate",
		Short:             "Write the Go file that the schema yields",
		Long:              generateLong,
		Example:           generateExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			content, err := g.generate(cmd.Context())
			if err != nil {
				return err
			}
			return writeGenerated(g.out, content)
		},
	}
	g.addFlags(cmd)
	return cmd
}

// generate returns the Go file that the schema yields. Nothing is written.
func (g *generation) generate(ctx context.Context) ([]byte, error) {
	if err := checkOut(g.out); err != nil {
		return nil, err
	}
	source, err := readSchema(g.schema)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(g.out)
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	content, err := gen.Generate(ctx, gen.Options{
		Schema:  g.schema,
		Source:  source,
		Package: g.pkg,
		DefaultPackage: func() (string, error) {
			return defaultPackage(g.out, os.Getenv("GOPACKAGE"))
		},
		Dir: dir,
		Out: filepath.Base(g.out),
	})
	if err != nil {
		return nil, err
	}
	// An interruption that came while types were being loaded must not end in a write.
	return content, ctx.Err()
}

// checkOut refuses names that keep a file out of the package: with them what is generated would seem not to be there.
func checkOut(path string) error {
	name := filepath.Base(path)
	if filepath.Ext(name) != ".go" {
		return fmt.Errorf("--out %q is not the name of a Go file: end it in .go", path)
	}
	system := build.Default
	system.GOOS, system.GOARCH = "none", "none" // so that a name which means a system or a processor is never theirs
	system.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("package deps\n")), nil }
	if built, err := system.MatchFile("", name); err != nil || !built || strings.HasSuffix(name, "_test.go") {
		return fmt.Errorf("--out %q has a name that go build ignores, always or on some systems: name it like deps_gen.go", path)
	}
	return nil
}

var errNoSchema = errors.New("--schema is empty: give it the name of a file, or leave it out")

func readSchema(path string) ([]byte, error) {
	if path == "" {
		return nil, errNoSchema
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("schema %s does not exist: write one with depgen init, or name another with --schema", path)
	case err != nil:
		return nil, fmt.Errorf("read schema: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("schema %s is a folder: name the file in it with --schema", path)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	return source, nil
}

func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("folder %s does not exist: create it with mkdir -p %s", dir, dir)
	case err != nil:
		return fmt.Errorf("find folder: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%s is a file: name a folder that exists", dir)
	}
	return nil
}
