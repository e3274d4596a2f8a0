package schema_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/depgen/depgen/gen/internal/schema"
	"github.com/depgen/depgen/templates"
)

// formWrong marks a case of testdata/golden whose schema is wrong in form, so
// that the JSON Schema must refuse it too. Only depgen can see other mistakes.
var formWrong = regexp.MustCompile(`(?m)^form: wrong$`)

// TestJSONSchemaAgreesWithDepgen checks all schemas in testdata. The JSON
// Schema must accept those that depgen accepts, and refuse those that are
// marked as wrong in form.
func TestJSONSchemaAgreesWithDepgen(t *testing.T) {
	t.Parallel()
	js := compileJSONSchema(t)
	for _, path := range glob(t, "../../../testdata/schemas/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			requireAgreement(t, js, readFile(t, path), false)
		})
	}
	for _, path := range glob(t, "../../../testdata/golden/*.txtar") {
		archive := txtar.Parse(readFile(t, path))
		for _, file := range archive.Files {
			if file.Name != "deps.yaml" {
				continue
			}
			t.Run(filepath.Base(path), func(t *testing.T) {
				t.Parallel()
				requireAgreement(t, js, file.Data, formWrong.Match(archive.Comment))
			})
		}
	}
}

func TestStarterSchemaAgrees(t *testing.T) {
	t.Parallel()
	requireAgreement(t, compileJSONSchema(t), []byte(templates.Schema), false)
}

// TestJSONSchemaKnowsEachRule changes one thing in a correct schema.
func TestJSONSchemaKnowsEachRule(t *testing.T) {
	t.Parallel()
	const head = "version: 1\nkinds:\n  table: {values: [docs]}\n"
	tests := []struct {
		name, schema string
		wrong        bool
	}{
		{"least", head, false},
		{"not a mapping", "[1]\n", true},
		{"empty", "", true},
		{"two documents", head + "---\n" + head, true},
		{"not YAML", "version: [\n", true},
		{"duplicate key", head + "version: 1\n", true},
		{"version is missing", "kinds: {doc: {id: string}}\n", true},
		{"version is text", "version: '1'\nkinds: {doc: {id: string}}\n", true},
		{"version of the future", "version: 2\nkinds: {doc: {id: string}}\n", true},
		{"kinds is missing", "version: 1\n", true},
		{"kinds is empty", "version: 1\nkinds: {}\n", true},
		{"kinds is a list", "version: 1\nkinds: [doc]\n", true},
		{"unknown top key", head + "kind: {}\n", true},

		{"package", head + "package: deps_2\n", false},
		{"package is a keyword", head + "package: func\n", true},
		{"package is init", head + "package: init\n", true},
		{"package is blank", head + "package: _\n", true},
		{"package is main", head + "package: main\n", true},
		{"package is no identifier", head + "package: my-deps\n", true},
		{"package is a number", head + "package: 1\n", true},

		{"kind's name of 64", head + "  " + strings.Repeat("a", 64) + ": {id: int}\n", false},
		{"kind's name of 65", head + "  " + strings.Repeat("a", 65) + ": {id: int}\n", true},
		{"kinds merged from an alias", head + "  <<: &more {doc: {id: int}}\n", false},
		{"kind's name in capitals", head + "  Doc: {id: int}\n", true},
		{"kind's name begins with a digit", head + "  2doc: {id: int}\n", true},
		{"kind is nothing", head + "  doc:\n", true},
		{"kind without id and values", head + "  doc: {description: A doc.}\n", true},
		{"kind that is empty", head + "  doc: {}\n", true},
		{"kind with id and values", head + "  doc: {id: int, values: [a]}\n", true},
		{"unknown key of a kind", head + "  doc: {id: int, prefx: d}\n", true},

		{"description", head + "  doc: {id: int, description: \"a\\n*/ b\\tc\"}\n", false},
		{"description is empty", head + "  doc: {id: int, description: ''}\n", true},
		{"description is blank", head + "  doc: {id: int, description: ' '}\n", true},
		{"description is a number", head + "  doc: {id: int, description: 1}\n", true},
		{"description has a control character", head + "  doc: {id: int, description: \"a\\0b\"}\n", true},
		{"deprecated", head + "  doc: {id: int, deprecated: use table}\n", false},
		{"deprecated is a boolean", head + "  doc: {id: int, deprecated: true}\n", true},

		{"id of an unknown type", head + "  doc: {id: text}\n", true},
		{"id of parts", head + "  doc: {id: [{user: uuid}, {number: int64}]}\n", false},
		{"id without parts", head + "  doc: {id: []}\n", true},
		{"part with two names", head + "  doc: {id: [{a: int, b: int}]}\n", true},
		{"part without a type", head + "  doc: {id: [a]}\n", true},
		{"part's name in capitals", head + "  doc: {id: [{A: int}]}\n", true},
		{"named type", head + "  doc: {id: {type: string, named: DocID}}\n", false},
		{"named type without a name", head + "  doc: {id: {type: string}}\n", true},
		{"named type that is not exported", head + "  doc: {id: {type: string, named: docID}}\n", true},
		{"named type over a UUID", head + "  doc: {id: {type: uuid, named: DocID}}\n", true},
		{"unknown key of a type", head + "  doc: {id: {type: string, name: DocID}}\n", true},
		{"Go type", head + "  doc: {id: {go: example.com/a-b/v2.DocID}}\n", false},
		{"Go type that is not exported", head + "  doc: {id: {go: example.com/a.docID}}\n", true},
		{"Go type without a package", head + "  doc: {id: {go: DocID}}\n", true},
		{"one of another kind's values", head + "  doc: {id: [{table: {kind: table}}, {number: int}]}\n", false},
		{"one of another kind's values and named type", head + "  doc: {id: {kind: table, named: DocID}}\n", true},
		{"Go type and named type", head + "  doc: {id: {go: example.com/a.ID, named: DocID}}\n", true},

		{"values with descriptions", head + "  t: {values: {a: One., b: , c: {description: C., deprecated: use a}}}\n", false},
		{"value with a name", head + "  t: {values: {a: {name: b_2}}}\n", false},
		{"value's name in capitals", head + "  t: {values: {a: {name: B}}}\n", true},
		{"values are empty", head + "  t: {values: []}\n", true},
		{"values are an empty mapping", head + "  t: {values: {}}\n", true},
		{"values are text", head + "  t: {values: a}\n", true},
		{"values are there twice", head + "  t: {values: [a, a]}\n", true},
		{"value of a mapping is a number", head + "  t: {values: {1: One}}\n", true},
		{"value is a number", head + "  t: {values: [1]}\n", true},
		{"value's description is a list", head + "  t: {values: {a: [b]}}\n", true},
		{"unknown key of a value", head + "  t: {values: {a: {descr: b}}}\n", true},

		{"versioned", head + "  doc: {id: int, versioned: int64}\n", false},
		{"versioned is a boolean", head + "  doc: {id: int, versioned: true}\n", true},
		{"prefix", head + "  doc: {id: int, prefix: A-1_b.c}\n", false},
		{"prefix with a colon", head + "  doc: {id: int, prefix: 'a:'}\n", true},
		{"prefix is empty", head + "  doc: {id: int, prefix: ''}\n", true},
		{"prefix that begins like the gateway's", head + "  doc: {id: int, prefix: ccc}\n", false},
		{"package that begins like a keyword", head + "package: functions\n", false},
		{"prefix of the gateway", head + "  doc: {id: int, prefix: cc}\n", true},

		{"relation", head + "  doc: {id: int, part_of: [{table: docs}]}\n", false},
		{"relation with a list", head + "  doc: {id: int, grouped_by: [{table: [docs]}]}\n", false},
		{"relation is a mapping", head + "  doc: {id: int, part_of: {table: docs}}\n", true},
		{"relation is empty", head + "  doc: {id: int, part_of: []}\n", true},
		{"relation to two kinds", head + "  doc: {id: int, part_of: [{table: docs, doc: a}]}\n", true},
		{"relation without an argument", head + "  doc: {id: int, part_of: [table]}\n", true},
		{"relation with an empty list", head + "  doc: {id: int, part_of: [{table: []}]}\n", true},
		{"relation's argument is a number", head + "  doc: {id: int, part_of: [{table: 1}]}\n", true},
	}
	js := compileJSONSchema(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, problems := schema.Parse("deps.yaml", []byte(tt.schema)); (len(problems) > 0) != tt.wrong {
				t.Errorf("depgen: %v", problems)
			}
			requireAgreement(t, js, []byte(tt.schema), tt.wrong)
		})
	}
}

// requireAgreement fails if depgen accepts a schema that the JSON Schema
// refuses, and unless the JSON Schema refuses exactly the schemas that are
// wrong in form.
func requireAgreement(t *testing.T, js *jsonschema.Schema, src []byte, wrongForm bool) {
	t.Helper()
	refused := validate(js, src)
	if _, problems := schema.Parse("deps.yaml", src); len(problems) == 0 && refused != nil {
		t.Errorf("depgen accepts it, the JSON Schema does not: %v", refused)
	}
	if wrongForm && refused == nil {
		t.Error("wrong in form, and the JSON Schema accepts it")
	}
	if !wrongForm && refused != nil {
		t.Errorf("not marked as wrong in form, and the JSON Schema refuses it: %v", refused)
	}
}

// validate reads a schema as an editor does, and returns the mistake in its
// form, if any.
func validate(js *jsonschema.Schema, src []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var data, second any
	if err := dec.Decode(&data); err != nil {
		return err
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return fmt.Errorf("more than one document (%w)", err)
	}
	return js.Validate(data)
}

func compileJSONSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(templates.JSONSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("deps.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	js, err := c.Compile("deps.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// glob returns the files that match pattern. It fails if there are no matches,
// because a test without files would always pass.
func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("glob %s: %v, %v", pattern, paths, err)
	}
	return paths
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
