package schema

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"gopkg.in/yaml.v3"

	"github.com/depgen/depgen/templates"
)

// TestKeysAgree requires the JSON Schema for editors, and the tables of the
// guide, to have the keys that depgen reads.
func TestKeysAgree(t *testing.T) {
	t.Parallel()
	type object struct {
		Properties map[string]any
		AnyOf      []object
	}
	var js struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(templates.JSONSchema), &js); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../../docs/schema.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		keys   []string
		object object
		table  string // the header of the guide's table; empty if there is none
	}{
		{"top", topKeys, js.object, "| key | value | |\n"},
		{"kind", keyNames(kindKeys), js.Defs["kind"], "| key of a kind | value | |\n"},
		{"value", keyNames(valueKeys), js.Defs["value"], ""},
		{"type", typeKeys, js.Defs["type"], ""},
	} {
		want := slices.Sorted(slices.Values(tt.keys))
		properties := maps.Clone(tt.object.Properties)
		for _, alternative := range tt.object.AnyOf {
			if properties == nil {
				properties = map[string]any{}
			}
			maps.Copy(properties, alternative.Properties)
		}
		if got := slices.Sorted(maps.Keys(properties)); !slices.Equal(got, want) {
			t.Errorf("%s: the JSON Schema has the keys %q, want %q", tt.name, got, want)
		}
		if tt.table == "" {
			continue
		}
		if got := rows(string(page), tt.table); !slices.Equal(got, want) {
			t.Errorf("%s: the table of docs/schema.md has the keys %q, want %q", tt.name, got, want)
		}
	}
}

var firstCell = regexp.MustCompile("(?m)^\\| \\[?`(\\w+)`")

// rows returns the keys in a table of a page, sorted.
func rows(page, header string) []string {
	_, rest, _ := strings.Cut(page, header)
	table, _, _ := strings.Cut(rest, "\n\n")
	var keys []string
	for _, m := range firstCell.FindAllStringSubmatch(table, -1) {
		keys = append(keys, m[1])
	}
	return slices.Sorted(slices.Values(keys))
}

// TestEveryKeyHasGoldens requires a golden that generates with each key of a
// kind, and one with a problem there.
func TestEveryKeyHasGoldens(t *testing.T) {
	t.Parallel()
	right, wrong := map[string]bool{}, ""
	for _, path := range goldens(t) {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var schema []byte
		for _, f := range archive.Files {
			switch f.Name {
			case "deps.yaml":
				schema = f.Data
			case "want: deps_gen.go":
				var file struct{ Kinds map[string]map[string]any }
				if err := yaml.Unmarshal(schema, &file); err != nil {
					t.Fatal(err)
				}
				for _, kind := range file.Kinds {
					for key := range kind {
						right[key] = true
					}
				}
			case "want: errors":
				wrong += string(f.Data)
			}
		}
	}
	for _, key := range keyNames(kindKeys) {
		if !right[key] {
			t.Errorf("no golden generates a kind with %s", key)
		}
		if !regexp.MustCompile(`kind "\w*": ` + key + `\b`).MatchString(wrong) {
			t.Errorf("no golden has a problem with %s", key)
		}
	}
}

func goldens(t *testing.T) []string {
	t.Helper()
	var paths []string
	entries, err := os.ReadDir("../../../testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".txtar") {
			paths = append(paths, "../../../testdata/golden/"+e.Name())
		}
	}
	return paths
}
