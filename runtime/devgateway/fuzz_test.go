package devgateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/depgen/depgen/runtime/internal/vector"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// Accepted deps are within the limits and have unique ids. Encoded as clients
// do it and sent again, they mean the same.
func FuzzDecodeDeps(f *testing.F) {
	for _, array := range []string{
		`[]`, `[{"dep_id":"doc:1","expected_hash":"v1"}]`, `[{"dep_id":"a"},{"dep_id":"a"}]` + "\n", `[{"dep_id":""}]`, `null`,
		`[{"dep_id":"a","dep_id":"b"}]`, `[{"dep_id":"a","\u0064ep_id":"b"}]`, `[{"dep_id":"a","expected_hash":"1","expected_hash":"2"}]`,
		`[{"dep_id":"a"},null]`, `[{"dep_id":null}]`, `[{"dep_id":"a","expected_hash":null}]`, `[{"DEP_ID":"a"}]`, `[{"dep_id":"a","Expected_Hash":"2"}]`,
		"[{\"dep_id\":\"\xff\"},{\"dep_id\":\"\xfe\"}]", `[{"dep_id":"\ud800"},{"dep_id":"\ud801"}]`, `[{"dep_id":"\ud83d\ude00\\ud800"}]`,
		`[{"dep_id":"a"}]x`, `[{"dep_id":"` + strings.Repeat("x", wire.MaxID+1) + `"}]`, `[{"dep_id":"a","expected_hash":"` + strings.Repeat("x", wire.MaxHash+1) + `"}]`,
	} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(array)))
		f.Add(base64.StdEncoding.EncodeToString([]byte(array)) + "\n")
	}
	f.Fuzz(func(t *testing.T, header string) {
		deps, err := depsOf(http.Header{wire.HeaderDeps: {header}})
		if err != nil {
			if deps != nil || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%v with the error %q", deps, err)
			}
			return
		}
		type wireDep struct {
			ID   string `json:"dep_id"`
			Hash string `json:"expected_hash"`
		}
		sent, ids := []wireDep{}, map[string]bool{}
		for _, d := range deps {
			if unfit(d) != nil || d.ID == "" || d.Hash == "" || ids[d.ID] {
				t.Fatalf("accepted %+v", d)
			}
			ids[d.ID] = true
			sent = append(sent, wireDep(d))
		}
		if len(deps) > maxDeps {
			t.Fatalf("accepted %+v", deps)
		}
		checkDepsAsSent(t, header, deps)
		array, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		again, err := depsOf(http.Header{wire.HeaderDeps: {base64.RawURLEncoding.EncodeToString(array)}})
		if len(array) <= maxDepsHeader/2 && (err != nil || !reflect.DeepEqual(again, deps)) {
			t.Fatalf("%+v became %+v, %v", deps, again, err)
		}
	})
}

// checkDepsAsSent reads the header token by token and compares: the deps must
// be exactly those that were sent.
func checkDepsAsSent(t *testing.T, header string, deps []wire.Dep) {
	t.Helper()
	header = strings.NewReplacer("\r", "", "\n", "", "-", "+", "_", "/").Replace(strings.TrimSpace(header))
	text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(header, "="))
	if err != nil || !utf8.Valid(text) {
		t.Fatalf("accepted %q: %v", text, err)
	}
	replaced := strings.Count(string(text), "\uFFFD") + strings.Count(strings.ToLower(string(text)), `\ufffd`)
	sent, key := map[string]string{}, ""
	var id, hash string
	d := json.NewDecoder(bytes.NewReader(text))
	for depth, keys := 0, 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '[':
				depth++
			case '{':
				id, hash, key, keys = "", "v1", "", 0
			case '}':
				if keys > 2 || id == "" {
					t.Fatalf("accepted %s", text)
				}
				sent[id] = hash
			}
		case string:
			replaced -= strings.Count(token, "\uFFFD")
			switch {
			case key == "":
				key = token
				keys++
			case key == "dep_id" && id == "":
				id, key = token, ""
			case key == "expected_hash":
				hash, key = token, ""
			default:
				t.Fatalf("accepted %s", text)
			}
		default:
			t.Fatalf("accepted %s: %v", text, err)
		}
		if depth > 1 {
			t.Fatalf("accepted %s", text)
		}
	}
	got := map[string]string{}
	for _, d := range deps {
		got[d.ID] = d.Hash
	}
	if !maps.Equal(sent, got) || replaced < 0 {
		t.Fatalf("%s became %+v", text, deps)
	}
}

// An embedding that is read has numbers that can be compared, or is refused.
func FuzzEmbeddingIn(f *testing.F) {
	for _, answer := range []string{
		`{"data":[{"embedding":[0.5,-1]}]}`, `{"data":[{"embedding":[]}]}`, `{"data":[{"embedding":null}]}`, `{"data":[{"embedding":[1e39]}]}`,
		`{"data":[{"embedding":[1e-50]}]}`, `{"data":[{"embedding":"AACAPw=="}]}`, `{"data":[null]}`, `{"data":[]}`, `null`, ``, `{"DATA":[{"Embedding":[1]}]}`,
	} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		v, err := embeddingIn(answer)
		if err != nil {
			if v != nil {
				t.Fatalf("%v with the error %v", v, err)
			}
			return
		}
		unit, err := vector.Unit(v)
		if err != nil {
			return
		}
		if self := float64(vector.Dot(unit, unit)); len(unit) != len(v) || math.Abs(self-1) > vector.Epsilon {
			t.Fatalf("%v has the length %v", v, self)
		}
	})
}
