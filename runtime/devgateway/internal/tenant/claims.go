package tenant

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// tokenClaims are the claims in the form in which a token carries them. Numbers
// follow JSON's definition: 60.0 is 60.
type tokenClaims struct {
	TenantID      string   `json:"tenant_id"`
	ProjectID     string   `json:"project_id,omitempty"`
	PolicyVersion string   `json:"policy_version,omitempty"`
	Roles         []string `json:"roles,omitempty"`
	Scope         string   `json:"scope,omitempty"`
	FreshTTL      *float64 `json:"fresh_ttl_secs,omitempty"`
	StaleWindow   *float64 `json:"stale_window_secs,omitempty"`
	Expires       *float64 `json:"exp,omitempty"`
	NotBefore     *float64 `json:"nbf,omitempty"`

	jwt.RegisteredClaims `json:"-"` // for the methods that the JWT library requires
}

// UnmarshalJSON reads the claims under their exact names. It refuses a name
// that occurs twice. It also refuses null in exp and nbf, because such a token
// would never expire.
func (c *tokenClaims) UnmarshalJSON(text []byte) error {
	claims, err := wire.Members(text)
	var repeated wire.RepeatedError
	switch {
	case errors.As(err, &repeated):
		return claimError(repeated.Error())
	case err != nil:
		return err
	case !wire.IsExact(text):
		return errInexact
	}
	for _, name := range []string{"exp", "nbf"} {
		if string(claims[name]) == "null" {
			return claimError(name + " is null; leave it out for a token without that limit")
		}
	}
	var roles []*string
	for _, claim := range []struct {
		name, kind string
		to         any
	}{
		{"tenant_id", "a string", &c.TenantID},
		{"project_id", "a string", &c.ProjectID},
		{"policy_version", "a string", &c.PolicyVersion},
		{"roles", "a list of strings", &roles},
		{"scope", "a string", &c.Scope},
		{"fresh_ttl_secs", "a number", &c.FreshTTL},
		{"stale_window_secs", "a number", &c.StaleWindow},
		{"exp", "a number", &c.Expires},
		{"nbf", "a number", &c.NotBefore},
	} {
		if decode(claims[claim.name], claim.to) != nil || slices.Contains(roles, nil) {
			return claimError(claim.name + " has the wrong type, not " + claim.kind)
		}
	}
	for _, role := range roles {
		c.Roles = append(c.Roles, *role)
	}
	return nil
}

// decode stores the value of a claim in target. A missing claim or null leaves
// target unchanged.
func decode(value json.RawMessage, target any) error {
	if value == nil || string(value) == "null" {
		return nil
	}
	return json.Unmarshal(value, target)
}

// errInexact is the error for claims that are not valid text.
var errInexact = errors.New("the claims are not UTF-8, or have half a surrogate pair")

// claimError returns an error about the claim that it names.
type claimError string

func (e claimError) Error() string { return string(e) }

// Validate is called by the JWT library in addition to its own checks.
func (c tokenClaims) Validate() error {
	switch {
	case c.TenantID == "":
		return claimError("tenant_id is missing")
	case !validSeconds(c.FreshTTL):
		return claimError("fresh_ttl_secs is not a number of whole seconds from 0 to " + strconv.FormatInt(maxSeconds, 10))
	case !validSeconds(c.StaleWindow):
		return claimError("stale_window_secs is not a number of whole seconds from 0 to " + strconv.FormatInt(maxSeconds, 10))
	}
	return nil
}

// GetExpirationTime is called by the JWT library.
func (c tokenClaims) GetExpirationTime() (*jwt.NumericDate, error) {
	return claimDate("exp", c.Expires)
}

// GetNotBefore is called by the JWT library.
func (c tokenClaims) GetNotBefore() (*jwt.NumericDate, error) {
	return claimDate("nbf", c.NotBefore)
}

// claimDate returns the time of a claim, given in seconds since 1970. It
// returns nil if the claim is absent.
func claimDate(claim string, secs *float64) (*jwt.NumericDate, error) {
	const limit = 1 << 40 // the year 36812
	switch {
	case secs == nil:
		return nil, nil
	case math.Abs(*secs) > limit:
		return nil, claimError(claim + " is out of range")
	}
	return jwt.NewNumericDate(time.Unix(int64(*secs), 0)), nil
}

// maxSeconds, some 68 years, keeps the sum of two windows within a Duration.
const maxSeconds = 1 << 31

func validSeconds(n *float64) bool {
	return n == nil || *n >= 0 && *n <= maxSeconds && *n == math.Trunc(*n)
}

// window returns the duration of a claim in whole seconds.
func window(secs *float64, otherwise time.Duration) time.Duration {
	if secs == nil {
		return otherwise
	}
	return time.Duration(*secs) * time.Second
}
