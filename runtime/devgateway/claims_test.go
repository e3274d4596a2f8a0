package devgateway_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/depgen/depgen/runtime/devgateway"
)

func TestClaimsThatAreRefusedAreNamed(t *testing.T) {
	t.Parallel()
	soon := newClock().Now().Add(time.Hour).Unix()
	tests := []struct {
		name   string
		claims jwt.MapClaims // a tenant is added if it is missing
		want   string
	}{
		{"tenant missing", jwt.MapClaims{"tenant_id": ""}, "claim tenant_id is missing"},
		{"tenant as a number", jwt.MapClaims{"tenant_id": 7}, "claim tenant_id has the wrong type"},
		{"policy version as a number", jwt.MapClaims{"policy_version": 7}, "claim policy_version has the wrong type"},
		{"roles as a string", jwt.MapClaims{"roles": "admin"}, "claim roles has the wrong type"},
		{"role as a number", jwt.MapClaims{"roles": []any{"admin", 7}}, "claim roles has the wrong type"},
		{"scope as a list", jwt.MapClaims{"scope": []string{"s"}}, "claim scope has the wrong type"},
		{"window as a string", jwt.MapClaims{"fresh_ttl_secs": "60"}, "claim fresh_ttl_secs has the wrong type"},
		{"part of a second", jwt.MapClaims{"fresh_ttl_secs": 60.5}, "claim fresh_ttl_secs is not a number of whole seconds"},
		{"window below zero", jwt.MapClaims{"stale_window_secs": -1}, "claim stale_window_secs is not a number of whole seconds"},
		{"window too long", jwt.MapClaims{"stale_window_secs": 1e300}, "claim stale_window_secs is not a number of whole seconds"},
		{"expiry as a string", jwt.MapClaims{"exp": "tomorrow"}, "claim exp has the wrong type"},
		{"expiry out of range", jwt.MapClaims{"exp": 1e300}, "claim exp is out of range"},
		{"start as a string", jwt.MapClaims{"nbf": "tomorrow"}, "claim nbf has the wrong type"},
		{"start to come", jwt.MapClaims{"nbf": soon}, "not valid yet"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, ok := tt.claims["tenant_id"]; !ok {
				tt.claims["tenant_id"] = "acme"
			}
			got := start(t).ask("hello", bearer(sign(t, jwt.SigningMethodHS256, []byte(secret), tt.claims)))
			got.wantProblem(t, 401, "invalid_token")
			if message := got.message(t); !strings.Contains(message, tt.want) {
				t.Errorf("got %q, want %q in it", message, tt.want)
			}
		})
	}
}

func TestClaimsInOtherForms(t *testing.T) {
	t.Parallel()
	now := newClock().Now()
	header := `eyJhbGciOiJIUzI1NiJ9` // {"alg":"HS256"}
	tests := []struct{ name, claims string }{
		{"windows with a fraction of zero", `{"tenant_id":"acme","fresh_ttl_secs":60.0,"stale_window_secs":0.0}`},
		{"windows with an exponent", `{"tenant_id":"acme","fresh_ttl_secs":6e1,"stale_window_secs":0}`},
		{"null means absent", `{"tenant_id":"acme","fresh_ttl_secs":60,"stale_window_secs":0,"roles":null,"scope":null}`},
		{"names in capitals are others", `{"tenant_id":"acme","fresh_ttl_secs":60,"stale_window_secs":0,"TENANT_ID":"other","Exp":1,"FRESH_TTL_SECS":7}`},
		{"claims of others", `{"tenant_id":"acme","fresh_ttl_secs":60,"stale_window_secs":0,"sub":7,"aud":{},"iat":"now"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			acme := bearer(signText(t, header, tt.claims))
			f.wantCache("MISS", "", "hello", acme)
			f.clock.advance(59 * time.Second)
			f.wantCache("HIT_L1", "", "hello", acme)
			f.clock.advance(time.Second)
			f.wantCache("MISS", "", "hello", acme)
		})
	}
	t.Run("expiry with a fraction", func(t *testing.T) {
		t.Parallel()
		f := start(t)
		acme := bearer(sign(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"tenant_id": "acme", "exp": float64(now.Unix()) + 1.5}))
		f.wantCache("MISS", "", "hello", acme)
		f.clock.advance(2 * time.Second)
		f.ask("hello", acme).wantProblem(t, 401, "token_expired")
	})
	t.Run("minted", func(t *testing.T) {
		t.Parallel()
		f := start(t)
		acme := claims(t, devgateway.Claims{Tenant: "acme", Expires: now.Add(2 * time.Second)})
		f.clock.advance(time.Second)
		f.wantCache("MISS", "", "hello", acme)
		f.clock.advance(time.Second)
		f.ask("hello", acme).wantProblem(t, 401, "token_expired")
	})
}

func TestClaimsAreReadExactly(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, claims, want string }{
		{"tenant in capitals", `{"TENANT_ID":"acme"}`, "claim tenant_id is missing"},
		{"tenant null", `{"tenant_id":null}`, "claim tenant_id is missing"},
		{"exp null", `{"tenant_id":"acme","exp":null}`, "claim exp is null"},
		{"nbf null", `{"tenant_id":"acme","nbf":null}`, "claim nbf is null"},
		{"exp over, and another in capitals", `{"tenant_id":"acme","exp":1,"EXP":99999999999}`, "has expired"},
		{"exp twice", `{"tenant_id":"acme","exp":1,"exp":99999999999}`, "claim exp occurs twice"},
		{"tenant twice", `{"tenant_id":"acme","tenant\u005fid":"other"}`, "claim tenant_id occurs twice"},
		{"a role null", `{"tenant_id":"acme","roles":["a",null]}`, "claim roles has the wrong type"},
		{"tenant not UTF-8", "{\"tenant_id\":\"\xff\"}", "not UTF-8"},
		{"tenant with half a surrogate pair", `{"tenant_id":"\ud800"}`, "half a surrogate pair"},
		{"role not UTF-8", "{\"tenant_id\":\"acme\",\"roles\":[\"\xfe\"]}", "not UTF-8"},
		{"a list", `["acme"]`, "malformed"},
		{"null", `null`, "claim tenant_id is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := start(t).ask("hello", bearer(signText(t, `eyJhbGciOiJIUzI1NiJ9`, tt.claims)))
			if message := got.message(t); got.code != 401 || !strings.Contains(message, tt.want) {
				t.Errorf("got %d %q, want 401 with %q", got.code, message, tt.want)
			}
		})
	}
}

// A pair of surrogates is valid text, and so is a literal replacement
// character.
func TestTenantsInUnusualLetters(t *testing.T) {
	t.Parallel()
	for _, claims := range []string{`{"tenant_id":"\ud83d\ude00"}`, `{"tenant_id":"\ufffd"}`, `{"tenant_id":"\\ud800"}`, `{"tenant_id":"ü\n"}`} {
		start(t).wantCache("MISS", "", "hello", bearer(signText(t, `eyJhbGciOiJIUzI1NiJ9`, claims)))
	}
}

// signText signs the text of claims without changing it.
func signText(t *testing.T, header, claims string) string {
	t.Helper()
	text := header + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := jwt.SigningMethodHS256.Sign(text, []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}
