package templates_test

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/depgen/depgen/templates"
)

// TestEveryKeyIsDescribed requires a description of each key, because editors
// show it on hover.
func TestEveryKeyIsDescribed(t *testing.T) {
	t.Parallel()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(templates.JSONSchema))
	if err != nil {
		t.Fatal(err)
	}
	top := doc.(map[string]any)
	defs := top["$defs"].(map[string]any)
	described := 0
	var walk func(path string, node any)
	walk = func(path string, node any) {
		object, _ := node.(map[string]any)
		keys, _ := object["properties"].(map[string]any)
		for name, key := range keys {
			key, isSchema := key.(map[string]any)
			if !isSchema { // false: the key is not allowed there
				continue
			}
			if ref, ok := key["$ref"].(string); ok && key["description"] == nil {
				key = defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
			}
			if key["description"] == nil {
				t.Errorf("%s/%s has no description", path, name)
			}
			described++
		}
		for name, child := range object {
			walk(path+"/"+name, child)
			list, _ := child.([]any)
			for _, item := range list {
				walk(path+"/"+name, item)
			}
		}
	}
	walk("", top)
	if described == 0 {
		t.Error("no keys found")
	}
}
