package cachecore_test

import (
	"encoding/json"
	"reflect"
	"strconv"
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

// Related deps are written where they are named, which must not explode.
func TestDep_JSONIsBounded(t *testing.T) {
	t.Parallel()
	chain, diamond := cachecore.NewDep("chain:0"), cachecore.NewDep("diamond:0")
	for i := 1; i <= 40; i++ {
		id := strconv.Itoa(i)
		chain = cachecore.NewDep("chain:" + id).PartOf(chain)
		if i < 12 {
			diamond = cachecore.NewDep("diamond:"+id).PartOf(cachecore.NewDep("left:"+id).PartOf(diamond), cachecore.NewDep("right:"+id).PartOf(diamond))
		}
		text, err := json.Marshal(chain)
		if (err == nil) != (i < 32) {
			t.Errorf("chain of %d: %v", i+1, err)
		}
		if err == nil {
			var back cachecore.Dep
			if err := json.Unmarshal(text, &back); err != nil {
				t.Errorf("chain of %d: %v", i+1, err)
			}
		}
	}
	if text, err := json.Marshal(diamond); err == nil {
		t.Errorf("a diamond became %d bytes", len(text))
	}
	deep := `{"id":"a","part_of":[` + strings.Repeat(`{"id":"b","part_of":[`, 100_000)
	if err := json.Unmarshal([]byte(deep+strings.Repeat("]}", 100_001)), new(cachecore.Dep)); err == nil {
		t.Error("read relations without a bound")
	}
	brackets := cachecore.NewDep("doc:" + strings.Repeat("[{\"\\", 100))
	text, err := json.Marshal(brackets)
	if err != nil {
		t.Fatal(err)
	}
	var back cachecore.Dep
	if err := json.Unmarshal(text, &back); err != nil || back.ID() != brackets.ID() {
		t.Errorf("brackets in an id: %v", err)
	}
}
