package gotypes

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"testing"
)

// uses are the statements that generated code applies to an id, by the way that
// it becomes text.
var uses = map[Text]string{
	TextString:   "package p; func use(t T) { _ = string(t) }",
	TextInt:      "package p; func use(t T) { _ = int64(t) }",
	TextUint:     "package p; func use(t T) { _ = uint64(t) }",
	TextMarshal:  "package p; func use(t T) { var _ interface{ MarshalText() ([]byte, error) } = &t }",
	TextStringer: "package p; func use(t T) { var _ interface{ String() string } = &t }",
}

// FuzzUnresolved shows that a type T either is refused or works in
// generated code. The type Missing is unknown at first, and then is defined
// in several ways.
func FuzzUnresolved(f *testing.F) {
	for _, seed := range []string{
		"type T struct{ Missing }", "type T struct{ *Missing }", "type T struct{ U }; type U struct{ Missing }",
		"type T struct{ Missing }; func (T) MarshalText() ([]byte, error)", "type T struct{ Missing }; func (*T) String() string",
		"type T struct{ M Missing }; func (T) String() string", "type T Missing", "type T = Missing", "type T []Missing",
		"type T struct{ I }; type I interface{ Missing; String() string }", "type T struct{ A }; type A = Missing",
		"type T struct{ Missing }; func (T) MarshalText() error", "type T string", "type T uint8", "type T int",
		"type T struct{ Missing; U }; type U struct{}; func (U) MarshalText() ([]byte, error)", "type T struct{ *T }",
		"import \"nowhere\"; type T struct{ nowhere.ID }", "type T struct{ G[Missing] }; type G[E any] struct{}; func (G[E]) String() string",
		"type T struct{ *U }; type U struct{ *T; Missing }",
	} {
		f.Add(seed)
	}
	known := []string{
		"package p; type Missing struct{}",
		"package p; type Missing int",
		"package p; type Missing struct{}; func (Missing) MarshalText() ([]byte, error)",
		"package p; type Missing struct{}; func (Missing) MarshalText() int",
		"package p; type Missing struct{}; func (*Missing) MarshalText() ([]byte, error); func (Missing) String() int",
		"package p; type Missing struct{ MarshalText, String int }",
		"package p; type Missing interface{ MarshalText() string; String() string }",
	}
	f.Fuzz(func(t *testing.T, declarations string) {
		src := "package p; " + declarations
		pkg, _ := check(t, src)
		if pkg == nil {
			return
		}
		obj, ok := pkg.Scope().Lookup("T").(*types.TypeName)
		if !ok {
			return
		}
		text, _, err := textOf(obj.Type())
		if err != nil {
			return
		}
		for _, missing := range known {
			if _, err := check(t, src, missing); err != nil {
				continue // it would not compile by itself
			}
			if _, err := check(t, src, missing, uses[text]); err != nil {
				t.Errorf("with %q: %v", missing, err)
			}
		}
	})
}

// check returns the package that sources form, or nil if one can't be parsed,
// and the first error.
func check(t *testing.T, sources ...string) (*types.Package, error) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, src := range sources {
		file, err := parser.ParseFile(fset, "", src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	var first error
	conf := types.Config{
		Importer: nowhere{},
		Error: func(err error) {
			var problem types.Error
			if first == nil && (!errors.As(err, &problem) || problem.Msg != "missing function body") {
				first = err
			}
		},
	}
	pkg, _ := conf.Check("p", fset, files, nil)
	return pkg, first
}

// nowhere has no packages.
type nowhere struct{}

func (nowhere) Import(string) (*types.Package, error) {
	return nil, errors.New("there is no such package")
}
