package tenant

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

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
	v := NewVerifier(secret, func() time.Time { return time.Unix(now, 0) })
	f.Fuzz(func(t *testing.T, claims []byte) {
		text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
		signature, err := jwt.SigningMethodHS256.Sign(text, secret)
		if err != nil {
			t.Fatal(err)
		}
		id, err := v.Verify(text + "." + base64.RawURLEncoding.EncodeToString(signature))
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
		if exact["tenant_id"] != id.Tenant || id.Tenant == "" || exact["scope"] != id.Scope && (exact["scope"] != nil || id.Scope != "") {
			t.Fatalf("%s became %+v", claims, id)
		}
		if strings.Contains(id.Tenant, "\uFFFD") && !strings.Contains(strings.ToLower(string(claims)), `\ufffd`) && !bytes.ContainsRune(claims, utf8.RuneError) {
			t.Fatalf("%q became the tenant %q", claims, id.Tenant)
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
	v := NewVerifier(secret, func() time.Time { return time.Unix(0, 0) })
	f.Fuzz(func(t *testing.T, authorization string) {
		h := http.Header{"Authorization": {authorization}}
		id, err := v.Identify(h)
		forwarded := UpstreamKey(h)
		switch {
		case id != nil && (err != nil || id.Tenant != "acme"):
			t.Fatalf("%q verified as %+v, %v", authorization, id, err)
		case (id != nil || err != nil) && forwarded != "":
			t.Fatalf("%q is taken for a token, and forwarded", authorization)
		case strings.Contains(forwarded, bare):
			t.Fatalf("%q is forwarded", authorization)
		case err != nil && authorization != "" && strings.Contains(err.Error(), authorization) && len(authorization) > 20:
			t.Fatalf("%q is in the error %q", authorization, err)
		}
	})
}
