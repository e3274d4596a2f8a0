package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// read decodes a file of test vectors.
func read[T any](t testing.TB, name string) []T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../testdata/wire", name))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []T
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&vectors); err != nil || len(vectors) == 0 {
		t.Fatalf("%s: %d vectors, %v", name, len(vectors), err)
	}
	return vectors
}

type jsonDep struct {
	ID   string `json:"dep_id"`
	Hash string `json:"expected_hash"`
}

type depsVector struct {
	Deps   []jsonDep
	Text   string
	Header string
}

func (v depsVector) deps() []wire.Dep {
	var deps []wire.Dep
	for _, d := range v.Deps {
		deps = append(deps, wire.Dep(d))
	}
	return deps
}

func TestIDVectors(t *testing.T) {
	t.Parallel()
	for _, v := range read[struct {
		Prefix string
		Parts  []string
		ID     string
	}](t, "ids.json") {
		if got := wire.ID(v.Prefix, v.Parts...); got != v.ID {
			t.Errorf("%q %q: got %q, want %q", v.Prefix, v.Parts, got, v.ID)
		}
	}
}

func TestDepsVectors(t *testing.T) {
	t.Parallel()
	for _, v := range read[depsVector](t, "deps.json") {
		if got := wire.EncodeDeps(v.deps()); got != v.Header {
			text, _ := base64.RawURLEncoding.DecodeString(got)
			t.Errorf("%v: got %s, want %s", v.Deps, text, v.Text)
		}
		for _, header := range forms(v) {
			if got, err := wire.DecodeDeps(header); err != nil || !reflect.DeepEqual(got, v.deps()) {
				t.Errorf("%s: got %v, %v", header, got, err)
			}
		}
	}
}

// A long text is encoded in pieces.
func TestEncodeDeps_AnyLength(t *testing.T) {
	t.Parallel()
	for n := range 3000 {
		id := strings.Repeat("ab?~", n)[:n]
		want := base64.RawURLEncoding.EncodeToString([]byte(`[{"dep_id":"` + id + `","expected_hash":"v1"}]`))
		if got := wire.EncodeDeps([]wire.Dep{{ID: id, Hash: "v1"}}); got != want {
			t.Fatalf("an id of %d bytes: got %s, want %s", len(id), got, want)
		}
	}
}

// forms returns the values that mean the same as the vector's.
func forms(v depsVector) []string {
	spaced := strings.NewReplacer(`{"dep_id":`, " {\n\"dep_id\" : ", `,"expected_hash":`, "\t,\"expected_hash\":").Replace(v.Text) + " \n"
	return []string{
		v.Header,
		" " + v.Header + "\t",
		base64.URLEncoding.EncodeToString([]byte(v.Text)),
		base64.StdEncoding.EncodeToString([]byte(v.Text)),
		base64.RawStdEncoding.EncodeToString([]byte(v.Text)),
		base64.RawURLEncoding.EncodeToString([]byte(spaced)),
	}
}

func TestDecodeDeps_HashIsOptional(t *testing.T) {
	t.Parallel()
	header := base64.RawURLEncoding.EncodeToString([]byte(`[{"dep_id":"doc:1"},{"expected_hash":"2","dep_id":"\u0064oc:2"}]`))
	want := []wire.Dep{{ID: "doc:1", Hash: "v1"}, {ID: "doc:2", Hash: "2"}}
	if got, err := wire.DecodeDeps(header); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestRefusedVectors(t *testing.T) {
	t.Parallel()
	for _, v := range read[struct{ Name, Header, Error string }](t, "refused.json") {
		if deps, err := wire.DecodeDeps(v.Header); err == nil || deps != nil || !strings.Contains(err.Error(), v.Error) {
			t.Errorf("%s: got %v, %v; want an error with %q", v.Name, deps, err, v.Error)
		}
	}
}

// The decoder accepts no more than encoding/json does, and reads it the same.
func FuzzDecodeDeps(f *testing.F) {
	for _, v := range read[depsVector](f, "deps.json") {
		f.Add(v.Text)
	}
	for _, v := range read[struct{ Name, Header, Error string }](f, "refused.json") {
		if text, err := base64.RawURLEncoding.DecodeString(v.Header); err == nil {
			f.Add(string(text))
		}
	}
	f.Add(`[{"dep_id":"\ud83d\ude00\\ud800"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		deps, err := wire.DecodeDeps(base64.RawURLEncoding.EncodeToString([]byte(text)))
		if err != nil {
			return
		}
		var want []jsonDep
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&want); err != nil || len(want) != len(deps) {
			t.Fatalf("accepted %q as %v: %v", text, deps, err)
		}
		for i, w := range want {
			if w.Hash == "" {
				w.Hash = wire.DefaultHash
			}
			if deps[i] != wire.Dep(w) {
				t.Fatalf("%q: dep %d is %v, want %v", text, i, deps[i], w)
			}
		}
		again, err := wire.DecodeDeps(wire.EncodeDeps(deps))
		if err != nil || !reflect.DeepEqual(again, deps) {
			t.Fatalf("%v became %v, %v", deps, again, err)
		}
	})
}

// Every valid text reaches the other side unchanged, through encoding/json too.
func FuzzEncodeDeps(f *testing.F) {
	f.Add("doc:1", "v1")
	f.Add("doc:\u2028\x00\"\x7f", "\\<é")
	f.Fuzz(func(t *testing.T, id, hash string) {
		if id == "" || hash == "" || !utf8.ValidString(id) || !utf8.ValidString(hash) {
			return
		}
		header := wire.EncodeDeps([]wire.Dep{{ID: id, Hash: hash}})
		text, err := base64.RawURLEncoding.DecodeString(header)
		if err != nil {
			t.Fatal(err)
		}
		var got []jsonDep
		if err := json.Unmarshal(text, &got); err != nil || len(got) != 1 || got[0] != (jsonDep{id, hash}) {
			t.Fatalf("%q, %q became %s: %v", id, hash, text, err)
		}
		if deps, err := wire.DecodeDeps(header); err != nil || len(deps) != 1 || deps[0] != (wire.Dep{ID: id, Hash: hash}) {
			t.Fatalf("%s became %v, %v", text, deps, err)
		}
	})
}

func TestMembers(t *testing.T) {
	t.Parallel()
	got, err := wire.Members([]byte(`{"exp":1,"EXP":null}`))
	if err != nil || string(got["exp"]) != "1" || string(got["EXP"]) != "null" || len(got) != 2 {
		t.Errorf("got %s, %v", got, err)
	}
	for text, want := range map[string]string{
		`{"exp":1,"exp":2}`: "exp occurs twice", `{"a":1,"\u0061":2}`: "a occurs twice",
		`[]`: "not a JSON object", `{}x`: "not a JSON object", ``: "not a JSON object",
	} {
		if got, err := wire.Members([]byte(text)); got != nil || err == nil || err.Error() != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		seconds, ms string
		want        time.Duration
	}{
		{"", "", 0},
		{"7", "", 7 * time.Second},
		{"7", "250", 250 * time.Millisecond},
		{"7", "soon", 7 * time.Second},
		{"99999999999999999999", "", (1<<31 - 1) * time.Second},
		{"-1", "", 0},
		{"1.5", "", 0},
		{"0", "", 0},
		{"7", "0", 0},
		{"Thursday, 01-Jan-26 00:00:01 GMT", "", time.Second},
		{"Thu Jan  1 00:00:02 2026", "", 2 * time.Second},
		{"Thu, 01 Jan 2026 00:01:00 GMT", "", time.Minute},
		{"Wed, 31 Dec 2025 00:00:00 GMT", "", 0},
		{"soon", "", 0},
	} {
		h := http.Header{}
		h.Set("Retry-After", tt.seconds)
		h.Set("Retry-After-Ms", tt.ms)
		if got := wire.RetryAfter(h, now); got != tt.want {
			t.Errorf("%q, %q: got %v, want %v", tt.seconds, tt.ms, got, tt.want)
		}
	}
	h := http.Header{}
	if wire.SetRetryAfter(h, 1001*time.Millisecond); h.Get("Retry-After") != "2" {
		t.Errorf("1.001 s is sent as %q, want 2", h.Get("Retry-After"))
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120", "")
	f.Add("99999999999999999999", "9")
	f.Add("Mon, 01 Jan 0001 00:00:00 GMT", "")
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT", "")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, seconds, ms string) {
		h := http.Header{"Retry-After": {seconds}, "Retry-After-Ms": {ms}}
		if got := wire.RetryAfter(h, now); got < 0 {
			t.Errorf("%q, %q: %v", seconds, ms, got)
		}
	})
}

func TestJWT(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		"cc_live_1.a.b.c": "a.b.c", "a.b.c": "a.b.c", "cc_live_1": "cc_live_1", "cc_live_1.": "cc_live_1.", "": "",
	} {
		if got := wire.JWT(token); got != want {
			t.Errorf("%q: got %q, want %q", token, got, want)
		}
	}
}

func TestIsRandom(t *testing.T) {
	t.Parallel()
	for hash, want := range map[string]bool{
		"9b2f3c60-3f2e-4d0a-8a6e-0f0d3c6f7a11":          true,
		"9B2F3C60-3F2E-4D0A-8A6E-0F0D3C6F7A11":          true,
		"9b2f3c60-3f2e-1d0a-8a6e-0f0d3c6f7a11":          false, // another version
		"9b2f3c603f2e4d0a8a6e0f0d3c6f7a11":              false, // another form
		"urn:uuid:9b2f3c60-3f2e-4d0a-8a6e-0f0d3c6f7a11": false,
		"v1": false, "42": false, "": false,
	} {
		if got := wire.IsRandom(hash); got != want {
			t.Errorf("%q: got %v, want %v", hash, got, want)
		}
	}
}
