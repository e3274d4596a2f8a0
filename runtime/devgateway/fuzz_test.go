package devgateway

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func newTestRequest(address string) *http.Request { return &http.Request{RemoteAddr: address} }

// Whatever is accepted is bounded, has each id once, and means the same when it
// is sent again in the form that clients use.
func FuzzDecodeDeps(f *testing.F) {
	for _, array := range []string{
		`[]`, `[{"dep_id":"doc:1","expected_hash":"v1"}]`, `[{"dep_id":"a"},{"dep_id":"a"}]` + "\n", `[{"dep_id":""}]`, `null`,
	} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(array)))
		f.Add(base64.StdEncoding.EncodeToString([]byte(array)) + "\n")
	}
	f.Fuzz(func(t *testing.T, header string) {
		deps, err := decodeDeps(header)
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
		wire := []wireDep{}
		for _, d := range deps {
			if d.check() != nil {
				t.Fatalf("accepted %+v", d)
			}
			wire = append(wire, wireDep(d))
		}
		if len(deps) > maxDeps || len(hashesOf(deps)) != len(deps) {
			t.Fatalf("accepted %+v", deps)
		}
		array, err := json.Marshal(wire)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeDeps(base64.RawURLEncoding.EncodeToString(array))
		if len(array) <= maxDepsHeader/2 && (err != nil || !reflect.DeepEqual(again, deps)) {
			t.Fatalf("%+v became %+v, %v", deps, again, err)
		}
	})
}

// No Authorization that reads as a token gets past the check, whatever is around
// it: it verifies, or is refused, or is not a token and may be forwarded.
func FuzzIdentify(f *testing.F) {
	secret := []byte("dev-secret-change-me-32bytes-ok!")
	token, err := Mint(secret, Claims{Tenant: "acme"})
	if err != nil {
		f.Fatal(err)
	}
	_, bare, _ := strings.Cut(token, ".")
	for _, s := range []string{
		token, bare, bare + "x", "Bearer " + token, "bearer  " + bare, "Bearer\t" + bare, "Basic " + token, "Bearer sk-1", "Bearer",
		"Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer a.b.c", "Bearer cc_live_", "Bearer x " + token, "",
		`Bearer "` + bare + `"`, "Bearer " + bare + ",", "Token token=" + bare, "Bearer." + bare,
	} {
		f.Add(s)
	}
	v := newVerifier(secret, func() time.Time { return time.Unix(0, 0) })
	f.Fuzz(func(t *testing.T, authorization string) {
		h := http.Header{"Authorization": {authorization}}
		id, err := v.identify(h)
		forwarded := upstreamKey(h)
		switch {
		case id != nil && (err != nil || id.tenant != "acme"):
			t.Fatalf("%q verified as %+v, %v", authorization, id, err)
		case (id != nil || err != nil) && forwarded != "":
			t.Fatalf("%q is taken for a token, and forwarded", authorization)
		case slices.ContainsFunc(strings.FieldsFunc(forwarded, isNoLetter), func(s string) bool { return s == token || s == bare }):
			t.Fatalf("%q is forwarded", authorization)
		case err != nil && authorization != "" && strings.Contains(err.Error(), authorization) && len(authorization) > 20:
			t.Fatalf("%q is in the error %q", authorization, err)
		}
	})
}
