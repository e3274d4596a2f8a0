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

// identity contains the claims of a verified token.
type identity struct {
	tenant, policy, scope string
	roles                 []string // sorted, without duplicates
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

// identify returns the sender of the request, nil for a bypass. It returns an
// error if a token cannot be verified. The error never contains any part of the
// token.
func (v *verifier) identify(h http.Header) (*identity, error) {
	if values, present := h[headerToken]; present {
		if len(values) != 1 {
			return nil, invalidToken("more than one " + headerToken + " header: send one")
		}
		return v.verify(values[0])
	}
	values := h["Authorization"]
	if !slices.ContainsFunc(values, holdsToken) {
		return nil, nil
	}
	fields := strings.Fields(values[0])
	if len(values) > 1 || len(fields) != 2 || !strings.EqualFold(fields[0], "Bearer") {
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
	var claim claimError
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, &apiError{status: http.StatusUnauthorized, code: "token_expired", message: "the gateway token has expired: mint a new one"}
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return nil, invalidToken("the gateway token is not valid yet: wait until the time of its claim nbf")
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return nil, invalidToken("the gateway token is not signed with HS256 and this gateway's secret: mint it with that secret")
	case errors.As(err, &claim):
		return nil, invalidToken("the gateway token's claim " + claim.Error() + "; mint another token")
	case errors.Is(err, errInexact):
		return nil, invalidToken("in the gateway token, " + errInexact.Error() + "; mint another token")
	case err != nil:
		return nil, invalidToken("the gateway token is malformed: send a JWT, or cc_live_<id>.<JWT>, signed with HS256")
	}
	return &identity{
		tenant: c.TenantID, policy: c.PolicyVersion, scope: c.Scope,
		roles: slices.Compact(slices.Sorted(slices.Values(c.Roles))),
		fresh: window(c.FreshTTL, DefaultFreshTTL), stale: window(c.StaleWindow, DefaultStaleWindow),
	}, nil
}

func invalidToken(message string) *apiError {
	return &apiError{status: http.StatusUnauthorized, code: "invalid_token", message: message}
}

// trimPadding removes base64 padding from a JWT. Any other character that is
// not a token letter ends the token.
var trimPadding = strings.NewReplacer("==.", ".", "=.", ".")

// holdsToken reports whether s contains a gateway token, valid or not, with any
// text around it. Any other Authorization header is taken for the upstream's
// own key.
func holdsToken(s string) bool {
	words := strings.FieldsFunc(trimPadding.Replace(s), isNoLetter)
	return slices.ContainsFunc(words, func(word string) bool {
		return strings.HasPrefix(word, tokenPrefix) || holdsJWT(strings.Split(word, "."))
	})
}

func isNoLetter(r rune) bool { return !strings.ContainsRune(tokenLetters, r) }

const tokenLetters = ".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// jsonStart is {" in base64. It marks the start of a JWT that directly follows
// another word.
const jsonStart = "eyJ"

// holdsJWT reports whether one of the parts begins a JWT. It ignores the
// content of the two parts after it, because a damaged token is still not a
// key.
func holdsJWT(parts []string) bool {
	for ; len(parts) >= 3; parts = parts[1:] {
		_, joined, _ := strings.Cut(parts[0], jsonStart)
		if isJOSEHeader(parts[0]) || isJOSEHeader(jsonStart+joined) {
			return true
		}
	}
	return false
}

func isJOSEHeader(s string) bool {
	header, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return false
	}
	var fields map[string]json.RawMessage
	return json.Unmarshal(header, &fields) == nil && fields["alg"] != nil
}

// upstreamKey returns the Authorization to forward: the client's own, unless it
// contains a token of this or another gateway.
func upstreamKey(h http.Header) string {
	if slices.ContainsFunc(h["Authorization"], holdsToken) {
		return ""
	}
	return h.Get("Authorization")
}
