package devgateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// identity is what a verified token says.
type identity struct {
	tenant, policy, scope string
	roles                 []string // sorted, each once
	fresh, stale          time.Duration
}

type verifier struct {
	secret []byte
	parser *jwt.Parser
}

func newVerifier(secret []byte, now func() time.Time) *verifier {
	return &verifier{secret, jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithTimeFunc(now),
	)}
}

// identify returns who sends the request, nil for a bypass. A token that does
// not verify is an error, which never holds any part of it.
func (v *verifier) identify(h http.Header) (*identity, error) {
	if values, present := h[headerToken]; present {
		if len(values) != 1 {
			return nil, invalidToken("more than one " + headerToken + " header: send one")
		}
		return v.verify(values[0])
	}
	fields := strings.Fields(h.Get("Authorization"))
	switch {
	case !slices.ContainsFunc(fields, isGatewayToken):
		return nil, nil
	case len(fields) != 2 || !strings.EqualFold(fields[0], "Bearer"):
		return nil, invalidToken("a gateway token in Authorization stands after the word Bearer, and alone: send Authorization: Bearer <token>")
	}
	return v.verify(fields[1])
}

func (v *verifier) verify(token string) (*identity, error) {
	token = strings.TrimSpace(token)
	if rest, ok := strings.CutPrefix(token, tokenPrefix); ok {
		_, token, _ = strings.Cut(rest, ".")
	}
	var c tokenClaims
	_, err := v.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return v.secret, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, &apiError{status: http.StatusUnauthorized, code: "token_expired", message: "the gateway token has expired: mint a new one"}
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return nil, invalidToken("the gateway token is not signed with HS256 and this gateway's secret: mint it with that secret")
	case errors.Is(err, jwt.ErrTokenInvalidClaims):
		return nil, invalidToken("the gateway token's claims are not valid: it needs a tenant_id, and windows of 0 seconds or more")
	case err != nil:
		return nil, invalidToken("the gateway token is malformed: send a JWT, or cc_live_<id>.<JWT>, signed with HS256")
	}
	id := &identity{
		tenant: c.TenantID, policy: c.PolicyVersion, scope: c.Scope,
		roles: slices.Compact(slices.Sorted(slices.Values(c.Roles))),
		fresh: DefaultFreshTTL, stale: DefaultStaleWindow,
	}
	if c.FreshTTL != nil {
		id.fresh = time.Duration(*c.FreshTTL) * time.Second
	}
	if c.StaleWindow != nil {
		id.stale = time.Duration(*c.StaleWindow) * time.Second
	}
	return id, nil
}

func invalidToken(message string) *apiError {
	return &apiError{status: http.StatusUnauthorized, code: "invalid_token", message: message}
}

// isGatewayToken reports whether s is meant as a gateway token, valid or not. All
// else in an Authorization header is taken for the upstream's own key.
func isGatewayToken(s string) bool {
	if strings.HasPrefix(s, tokenPrefix) {
		return true
	}
	parts := strings.Split(s, ".")
	if len(parts) != 3 || !isBase64URL(parts[1]) || !isBase64URL(parts[2]) {
		return false
	}
	header, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	if err != nil {
		return false
	}
	var fields map[string]json.RawMessage
	return json.Unmarshal(header, &fields) == nil && fields["alg"] != nil
}

func isBase64URL(s string) bool {
	_, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	return err == nil
}

// upstreamKey returns the Authorization to forward: the client's own, unless
// there is a token of this or of another gateway in it.
func upstreamKey(h http.Header) string {
	authorization := h.Get("Authorization")
	if slices.ContainsFunc(strings.Fields(authorization), isGatewayToken) {
		return ""
	}
	return authorization
}
