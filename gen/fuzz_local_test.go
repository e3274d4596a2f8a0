package gen_test

import (
	"errors"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/depgen/depgen/gen"
)

// everyShape is a schema that uses each form of generated code, except for
// types of the application.
const everyShape = `
version: 1
kinds:
  table: {values: {a: , b: {name: other}}}
  doc: {id: string, part_of: [{table: a}]}
  user: {id: uuid}
  note: {id: [{user: uuid}, {number: int64}, {table: {kind: table}}], grouped_by: [{user: $user}]}
  count: {id: [{a: int}, {b: int32}, {c: uint}, {d: uint32}, {e: uint64}], versioned: int}
  contract: {id: {type: string, named: ContractID}, versioned: {type: uint64, named: Revision}}
`

// FuzzLocalDeclarations shows that the generated file compiles together with
// any other file of the package, unless depgen refuses to generate it.
func FuzzLocalDeclarations(f *testing.F) {
	for _, seed := range []string{
		"var context, strconv, uuid, cachecore int", "type context struct{}", "func uuid() {}", "const context2 = 1",
		"type string int", "type error int", "var nil, int64, uint64 = 1, 2, 3", "func int() {}",
		"func DepDoc() {}", "var UseDoc = 1", "type Table int", "const TableA = 1", "type ContractID string",
		"func (Table) String() string { return \"\" }", "func (t *Table) value() {}", "func (ContractID) String() string { return \"\" }",
		"import DepDoc \"context\"", "import uuid \"strconv\"", "import . \"context\"", "func (t Table[T]) String() {}",
		"func init() {}", "func _() {}", "var First = DepDoc(\"1\")", "func f() { type string int }",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	base := f.TempDir()
	f.Fuzz(func(t *testing.T, declarations string, inTest bool) {
		dir, name := filepath.Join(base, "code"), "local.go"
		if inTest {
			dir, name = filepath.Join(base, "test"), "local_test.go"
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		local := filepath.Join(dir, name)
		writeFile(t, local, []byte("package deps\n"+declarations))
		fset := token.NewFileSet()
		localFile, err := parser.ParseFile(fset, local, nil, parser.SkipObjectResolution)
		if err != nil {
			return
		}
		if compiled, err := build.Default.MatchFile(dir, name); err != nil || !compiled {
			return
		}
		outputs, err := gen.Generate(t.Context(), gen.Options{
			Schema: "deps.yaml", Source: []byte(everyShape), Package: "deps", Out: filepath.Join(dir, "deps_gen.go"),
		})
		if err != nil {
			checkProblems(t, err)
			return
		}
		generated, err := parser.ParseFile(fset, "deps_gen.go", outputs[0].Content, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		conf := types.Config{Importer: stubs{}, Error: func(err error) {
			var problem types.Error
			if !errors.As(err, &problem) {
				t.Fatal(err)
			}
			at := fset.Position(problem.Pos)
			if at.Filename == "deps_gen.go" || strings.Contains(problem.Msg, "declared") && !strings.Contains(problem.Msg, "and not used") ||
				strings.Contains(problem.Msg, "field and method") {
				t.Errorf("%v: %s", at, problem.Msg)
			}
		}}
		compilesAlone := true
		own := types.Config{Importer: stubs{}, Error: func(err error) {
			// The generated file may declare a name that is undefined.
			compilesAlone = compilesAlone && strings.Contains(err.Error(), "undefined")
		}}
		if _, _ = own.Check("deps", fset, []*ast.File{localFile}, nil); !compilesAlone { // reported above
			return
		}
		_, _ = conf.Check("deps", fset, []*ast.File{localFile, generated}, nil) // reported above
	})
}

// stubs imports packages with the declarations that generated code uses.
type stubs struct{}

var stubSources = map[string]string{
	"context":                "package context; type Context interface{}",
	"strconv":                "package strconv; func Itoa(int) string; func FormatInt(int64, int) string; func FormatUint(uint64, int) string",
	"github.com/google/uuid": "package uuid; type UUID [16]byte; func (UUID) String() string",
	"github.com/depgen/depgen/runtime/cachecore": `package cachecore
import "context"
const IsAtLeastVersion0_1_0 = true
type Dep struct{}
func NewDep(string) Dep
func NewCompositeDep(string, ...string) Dep
func (Dep) WithHash(string) Dep
func (Dep) PartOf(...Dep) Dep
func (Dep) GroupedBy(...Dep) Dep
func Use(context.Context, ...Dep)
func Invalidate(context.Context, ...Dep) error`,
}

func (s stubs) Import(path string) (*types.Package, error) {
	source, ok := stubSources[path]
	if !ok {
		return nil, errors.New("there is no such package")
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	conf := types.Config{Importer: s, IgnoreFuncBodies: true, Error: func(error) {}}
	pkg, _ := conf.Check(path, fset, []*ast.File{file}, nil) // functions without a body are errors
	return pkg, nil
}
