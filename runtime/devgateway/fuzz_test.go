package devgateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

func newTestRequest(address string) *http.Request { return &http.Request{RemoteAddr: address} }

// Accepted deps are within the limits and have unique ids. Encoded as clients
// do it and sent again, they mean the same.
func FuzzDecodeDeps(f *testing.F) {
	for _, array := range []string{
		`[]`, `[{"dep_id":"doc:1","expected_hash":"v1"}]`, `[{"dep_id":"a"},{"dep_id":"a"}]` + "\n", `[{"dep_id":""}]`, `null`,
		`[{"dep_id":"a","dep_id":"b"}]`, `[{"dep_id":"a","\u0064ep_id":"b"}]`, `[{"dep_id":"a","expected_hash":"1","expected_hash":"2"}]`,
		`[{"dep_id":"a"},null]`, `[{"dep_id":null}]`, `[{"dep_id":"a","expected_hash":null}]`, `[{"DEP_ID":"a"}]`, `[{"dep_id":"a","Expected_Hash":"2"}]`,
		"[{\"dep_id\":\"\xff\"},{\"dep_id\":\"\xfe\"}]", `[{"dep_id":"\ud800"},{"dep_id":"\ud801"}]`, `[{"dep_id":"\ud83d\ude00\\ud800"}]`,
		`[{"dep_id":"a"}]x`, `[{"dep_id":"` + strings.Repeat("x", maxDepID+1) + `"}]`, `[{"dep_id":"a","expected_hash":"` + strings.Repeat("x", maxHash+1) + `"}]`,
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
		checkDepsAsSent(t, header, deps)
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

// checkDepsAsSent reads the header token by token and compares: the deps must
// be exactly those that were sent.
func checkDepsAsSent(t *testing.T, header string, deps []Dep) {
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
			case key == keyID && id == "":
				id, key = token, ""
			case key == keyHash:
				hash, key = token, ""
			default:
				t.Fatalf("accepted %s", text)
			}
		default: // null
			if err != nil || token != nil || key != keyHash {
				t.Fatalf("accepted %s: %v", text, err)
			}
			key = ""
		}
		if depth > 1 {
			t.Fatalf("accepted %s", text)
		}
	}
	if !maps.Equal(sent, hashesOf(deps)) || replaced < 0 {
		t.Fatalf("%s became %+v", text, deps)
	}
}

// Accepted claims are exactly those that the token has, under their exact
// names.
func FuzzClaims(f *testing.F) {
	for _, s := range []string{
		`{"tenant_id":"acme","exp":2000}`, `{"tenant_id":"acme","exp":1,"EXP":2000}`, `{"tenant_id":"acme","exp":1,"exp":2000}`,
		`{"tenant_id":"acme","exp":null}`, `{"TENANT_ID":"acme"}`, `{"tenant_id":"a","Tenant_Id":"b"}`, `{"tenant_id":"acme","nbf":null}`,
		"{\"tenant_id\":\"\xff\"}", `{"tenant_id":"\ud800"}`, `{"tenant_id":"acme","roles":[null]}`, `{"tenant_id":"acme","roles":["a"],"scope":"s"}`, `null`,
	} {
		f.Add([]byte(s))
	}
	secret := []byte("dev-secret-change-me-32bytes-ok!")
	const now = 1000
	v := newVerifier(secret, func() time.Time { return time.Unix(now, 0) })
	f.Fuzz(func(t *testing.T, claims []byte) {
		text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
		signature, err := jwt.SigningMethodHS256.Sign(text, secret)
		if err != nil {
			t.Fatal(err)
		}
		id, err := v.verify(text + "." + base64.RawURLEncoding.EncodeToString(signature))
		if err != nil {
			return
		}
		var exact map[string]any
		if json.Unmarshal(claims, &exact) != nil || !utf8.Valid(claims) {
			t.Fatalf("accepted %q", claims)
		}
		for _, limit := range []string{"exp", "nbf"} {
			value, present := exact[limit]
			n, isNumber := value.(float64)
			if present && (!isNumber || (limit == "exp") == (int64(n) <= now) && int64(n) != now) {
				t.Fatalf("accepted %s", claims)
			}
		}
		if exact["tenant_id"] != id.tenant || id.tenant == "" || exact["scope"] != id.scope && (exact["scope"] != nil || id.scope != "") {
			t.Fatalf("%s became %+v", claims, id)
		}
		if strings.Contains(id.tenant, "\uFFFD") && !strings.Contains(strings.ToLower(string(claims)), `\ufffd`) && !bytes.ContainsRune(claims, utf8.RuneError) {
			t.Fatalf("%q became the tenant %q", claims, id.tenant)
		}
	})
}

// An Authorization header that reads as a token is never forwarded, with any
// text around the token. It verifies, or is refused, or is not a token and may
// be forwarded.
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
