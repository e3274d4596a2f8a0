package cachecore_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestDep_JSON(t *testing.T) {
	t.Parallel()
	table := cachecore.NewDep("table:docs")
	for _, tt := range []struct {
		name string
		dep  cachecore.Dep
		want string
	}{
		{"plain", cachecore.NewDep("doc:1"), `{"id":"doc:1"}`},
		{"version", cachecore.NewDep("doc:1").WithHash("7"), `{"id":"doc:1","version":"7"}`},
		{"a version spelt like the default", cachecore.NewDep("doc:1").WithHash("v1"), `{"id":"doc:1","version":"v1"}`},
		{"relations", cachecore.NewDep("doc:1").PartOf(table.PartOf(cachecore.NewDep("db:1"))).GroupedBy(cachecore.NewDep("team:1").WithHash("2")),
			`{"id":"doc:1","part_of":[{"id":"table:docs","part_of":[{"id":"db:1"}]}],"grouped_by":[{"id":"team:1","version":"2"}]}`},
	} {
		text, err := json.Marshal(tt.dep)
		if err != nil || string(text) != tt.want {
			t.Errorf("%s: got %s, %v; want %s", tt.name, text, err, tt.want)
		}
		var back cachecore.Dep
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, tt.dep) {
			t.Errorf("%s: came back as %+v, %v", tt.name, back, err)
		}
	}
}

// A dep that could not be read would be an invalidation that is lost.
func TestDep_JSONRefuses(t *testing.T) {
	t.Parallel()
	if text, err := json.Marshal(cachecore.NewDep("doc:")); err == nil {
		t.Errorf("an invalid dep became %s", text)
	}
	for text, want := range map[string]string{
		`{}`:                                 "empty id",
		`{"id":"doc:"}`:                      "empty id",
		`{"id":"doc:1","version":""}`:        "empty hash",
		`{"ID":"doc:1"}`:                     `unknown key "ID"`,
		`{"id":"doc:1","id":"doc:2"}`:        "id occurs twice",
		`{"id":7}`:                           "id: ",
		`{"id":"doc:1","part_of":[{}]}`:      "part_of: ",
		`{"id":"doc:1","part_of":"a"}`:       "part_of: ",
		`{"id":"doc:\ud800"}`:                "half a surrogate pair",
		`"doc:1"`:                            "not a JSON object",
		`{"id":"doc:1","hash":"7"}`:          `unknown key "hash"`,
		`{"id":"doc:1","grouped_by":[null]}`: "zero value",
		`{"id":"doc:1","part_of":[null]}`:    "zero value",
	} {
		d := cachecore.NewDep("before:1")
		err := json.Unmarshal([]byte(text), &d)
		if err == nil || !strings.Contains(err.Error(), want) || d.ID() != "before:1" {
			t.Errorf("%s: got %v, %v; want an error with %q", text, d, err, want)
		}
	}
}
